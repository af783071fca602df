/** Consumer groups in memory: members come and go, every change is a rebalance of all of them, and each member delivers for itself. */
import type { Assignment, GroupConsumer, GroupHandlers, InRecord, Position, TopicPartition } from '../../infra/ports.ts';
import { assign, inputKey } from '../../infra/kafka/assigner.ts';
import { KafkaError, asError } from '../../infra/kafka/errors.ts';
import type { MemoryLog } from './memoryLog.ts';

interface ConsumerOptions extends GroupHandlers {
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment: Assignment;
}

interface Reading {
  readonly input: TopicPartition;
  position: number;
  paused: boolean;
}

interface Member {
  readonly id: string;
  readonly options: ConsumerOptions;
  reading: Map<string, Reading>;
  /** Assigned by the group, not yet known to the member. */
  pending: TopicPartition[] | null;
  scheduled: boolean;
  closed: boolean;
}

interface Group {
  readonly members: Member[];
  readonly positions: Map<string, Position>;
}

export interface MemoryGroups {
  readonly join: (options: ConsumerOptions) => GroupConsumer;
  readonly commit: (group: string, positions: readonly Position[]) => void;
  readonly committed: (group: string, topics: readonly string[]) => Position[];
  readonly appended: (topics: ReadonlySet<string>) => void;
  /** The group forgets a member without telling it, as after a session timeout; it goes on as a zombie until it is told by `rejoin`. */
  readonly expel: (group: string, index: number) => { readonly rejoin: () => void };
  readonly closeAll: () => void;
}

export function createMemoryGroups(log: MemoryLog, maxBatch: number): MemoryGroups {
  const groups = new Map<string, Group>();
  const zombies = new Set<Member>();
  let joined = 0;

  const groupOf = (name: string): Group => {
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { members: [], positions: new Map() }));
    return group;
  };

  /** Records reach a member only from here, a macrotask later, so that many small appends make one batch. */
  const schedule = (member: Member): void => {
    if (member.scheduled || member.closed) return;
    member.scheduled = true;
    setImmediate(() => {
      member.scheduled = false;
      if (member.closed) return;
      try {
        takeAssignment(member);
        if (deliver(member)) schedule(member);
      } catch (error) {
        member.closed = true;
        member.options.onCrash(asError(error));
      }
    });
  };

  const takeAssignment = (member: Member): void => {
    if (member.pending === null) return;
    const inputs = member.pending;
    member.pending = null;
    const positions = groupOf(member.options.group).positions;
    const before = member.reading;
    member.reading = new Map(inputs.map((input) => [inputKey(input), before.get(inputKey(input)) ?? { input, position: positions.get(inputKey(input))?.offset ?? 0, paused: false }]));
    member.options.onAssigned(inputs);
  };

  const deliver = (member: Member): boolean => {
    let more = false;
    for (const reading of [...member.reading.values()]) {
      if (reading.paused || member.reading.get(inputKey(reading.input)) !== reading) continue;
      const { records, next } = log.slice(reading.input, reading.position, maxBatch);
      reading.position = next;
      if (next < log.partition(reading.input).end) more = true;
      if (records.length > 0) member.options.onRecords(records, bytesOf(records));
    }
    return more;
  };

  const rebalance = (group: Group): void => {
    for (const member of group.members) {
      // Members of a group may subscribe to different topics only in theory; here all say the same.
      const partitions = new Map(member.options.topics.map((topic) => [topic, log.topic(topic).length]));
      const owners = group.members.map(({ id, reading, pending }) => ({ id, owned: pending ?? [...reading.values()].map(({ input }) => input) }));
      const shares = assign(member.options.assignment, owners, partitions);
      for (const other of group.members) {
        other.pending = shares.get(other.id) ?? [];
        schedule(other);
      }
      return;
    }
  };

  const leave = (member: Member): boolean => {
    const { members } = groupOf(member.options.group);
    const index = members.indexOf(member);
    if (index >= 0) members.splice(index, 1);
    return index >= 0;
  };

  return {
    join: (options) => {
      const group = groupOf(options.group);
      const member: Member = { id: `member-${String(++joined).padStart(6, '0')}`, options, reading: new Map(), pending: null, scheduled: false, closed: false };
      group.members.push(member);
      rebalance(group);
      const each = (inputs: readonly TopicPartition[], change: (reading: Reading) => void): void => {
        for (const input of inputs) {
          const reading = member.reading.get(inputKey(input));
          if (reading !== undefined) change(reading);
        }
      };
      return {
        pause: (inputs) => { each(inputs, (reading) => { reading.paused = true; }); },
        resume: (inputs) => {
          each(inputs, (reading) => { reading.paused = false; });
          schedule(member);
        },
        seek: (input, offset) => {
          each([input], (reading) => { reading.position = offset; });
          schedule(member);
        },
        commit: async (positions) => {
          await new Promise(setImmediate);
          const lost = positions.find((position) => !member.reading.has(inputKey(position)) || !group.members.includes(member));
          if (lost !== undefined) throw new KafkaError('NOT_ASSIGNED', `${inputKey(lost)} belongs to another member of ${options.group} now.`);
          for (const { topic, partition, offset, metadata } of positions) group.positions.set(inputKey({ topic, partition }), { topic, partition, offset, metadata });
        },
        close: () => {
          member.closed = true;
          zombies.delete(member);
          if (leave(member)) rebalance(group);
          return Promise.resolve();
        },
      };
    },
    commit: (name, positions) => {
      const group = groupOf(name);
      for (const { topic, partition, offset, metadata } of positions) group.positions.set(inputKey({ topic, partition }), { topic, partition, offset, metadata });
    },
    committed: (name, topics) => [...groupOf(name).positions.values()].filter(({ topic }) => topics.includes(topic)),
    appended: (topics) => {
      for (const group of groups.values()) for (const member of group.members) if (member.options.topics.some((topic) => topics.has(topic))) schedule(member);
      for (const member of zombies) schedule(member);
    },
    expel: (name, index) => {
      const group = groupOf(name);
      const member = group.members[index];
      if (member === undefined) throw new Error(`Group ${name} has no member ${index}.`);
      leave(member);
      zombies.add(member);
      rebalance(group);
      return {
        rejoin: () => {
          zombies.delete(member);
          if (member.closed) return;
          group.members.push(member);
          rebalance(group);
        },
      };
    },
    closeAll: () => {
      for (const group of groups.values()) for (const member of group.members.splice(0)) member.closed = true;
      for (const member of zombies) member.closed = true;
      zombies.clear();
    },
  };
}

const bytesOf = (records: readonly InRecord[]): number => records.reduce((bytes, { key, value }) => bytes + (key?.length ?? 0) + (value?.length ?? 0), 0);
