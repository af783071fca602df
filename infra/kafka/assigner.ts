/**
 * Who reads what in a group. Pure: every member could compute it, the leader does. A unit is what must stay together: a partition number over all
 * topics, a single topic and partition, or everything. Units stay with the member that has them as far as an even share allows, since moving
 * one means restoring its state.
 */
import type { Assignment, TopicPartition } from '../ports.ts';

export interface GroupMember {
  readonly id: string;
  /** What the member had before; may be out of date. */
  readonly owned: readonly TopicPartition[];
}

interface Unit {
  readonly id: string;
  readonly inputs: TopicPartition[];
}

/** The task that an input belongs to; also the name of the unit that is assigned as a whole. */
export function taskId(assignment: Assignment, input: TopicPartition): string {
  switch (assignment) {
    case 'co-partitioned':
      return String(input.partition);
    case 'single':
      return '0';
    case 'each':
      return `${input.topic}-${input.partition}`;
  }
}

/** Inputs by task, in the order of topics and partitions. */
export function tasksOf(assignment: Assignment, inputs: readonly TopicPartition[]): Map<string, TopicPartition[]> {
  const tasks = new Map<string, TopicPartition[]>();
  for (const input of sorted(inputs)) {
    const id = taskId(assignment, input);
    const task = tasks.get(id);
    if (task === undefined) tasks.set(id, [input]);
    else task.push(input);
  }
  return tasks;
}

/** `partitions`: the number of partitions of each subscribed topic. Every member gets an entry, maybe an empty one. */
export function assign(assignment: Assignment, members: readonly GroupMember[], partitions: ReadonlyMap<string, number>): Map<string, TopicPartition[]> {
  const everything = [...partitions].flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
  const units: Unit[] = [...tasksOf(assignment, everything)].map(([id, inputs]) => ({ id, inputs }));
  const order = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const shares = new Map(order.map((member) => [member.id, [] as Unit[]]));
  if (order.length === 0) return new Map();

  const least = Math.floor(units.length / order.length);
  let larger = units.length % order.length; // this many members have one unit more
  const free = new Map(units.map((unit) => [unit.id, unit]));
  for (const member of order) {
    const share = shares.get(member.id) ?? [];
    for (const id of new Set(member.owned.map((input) => taskId(assignment, input)))) {
      const unit = free.get(id);
      if (unit === undefined || share.length > least || (share.length === least && larger === 0)) continue;
      if (share.length === least) larger -= 1;
      share.push(unit);
      free.delete(id);
    }
  }
  for (const unit of free.values()) {
    const [first, ...rest] = order;
    if (first === undefined) break;
    const poorest = rest.reduce((best, member) => (count(shares, member) < count(shares, best) ? member : best), first);
    shares.get(poorest.id)?.push(unit);
  }
  return new Map(order.map((member) => [member.id, sorted((shares.get(member.id) ?? []).flatMap((unit) => unit.inputs))]));
}

const count = (shares: ReadonlyMap<string, readonly Unit[]>, member: GroupMember): number => shares.get(member.id)?.length ?? 0;

function sorted(inputs: readonly TopicPartition[]): TopicPartition[] {
  return [...inputs].sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

export const inputKey = (input: TopicPartition): string => `${input.topic}/${input.partition}`;
