/** A member of a group that writes down what it is given, for the contract's tests. */
import assert from 'node:assert/strict';
import type { Assignment, GroupConsumer, InRecord, Kafka, TopicPartition } from '../../../infra/ports.ts';
import { inputKey } from '../../../infra/kafka/assigner.ts';

/** Longer than any rebalance takes, on a busy machine too. */
export const WAIT_MS = 30_000;

export const keys = (records: readonly InRecord[]): string[] => records.map(({ key }) => String(key));

/** As plain objects: the fields of what a client gives may be getters, which deepEqual does not see. */
export const plain = (records: readonly InRecord[]): InRecord[] => records.map(({ topic, partition, offset, timestamp, key, value, headers }) => ({ topic, partition, offset, timestamp, key, value, headers }));

export interface MemberSeen {
  readonly consumer: GroupConsumer;
  readonly records: InRecord[];
  inputs: readonly TopicPartition[];
  assignments: number;
  /** Inputs that were in every assignment. */
  always: Set<string>;
  crashed: Error | null;
  readonly until: (condition: () => boolean) => Promise<void>;
}

export async function join(kafka: Kafka, group: string, topics: readonly string[], assignment: Assignment, onAssigned?: (consumer: GroupConsumer, inputs: readonly TopicPartition[]) => void): Promise<MemberSeen> {
  const changed = new Set<() => void>();
  const tell = (): void => { for (const check of changed) check(); };
  const seen = { records: [] as InRecord[], inputs: [] as readonly TopicPartition[], assignments: 0, always: new Set<string>(), crashed: null as Error | null };
  const consumer = await kafka.consumer({
    group, topics, assignment,
    onAssigned: (inputs) => {
      onAssigned?.(consumer, inputs);
      const now = new Set(inputs.map(inputKey));
      member.always = member.assignments === 0 ? now : new Set([...member.always].filter((key) => now.has(key)));
      member.inputs = inputs;
      member.assignments += 1;
      tell();
    },
    onRecords: (records) => {
      assert.ok(records.every((each) => member.inputs.some((input) => inputKey(input) === inputKey(each))), 'only what is assigned is delivered');
      member.records.push(...records);
      tell();
    },
    onCrash: (cause) => {
      member.crashed = cause;
      tell();
    },
  });
  const member: MemberSeen = {
    ...seen,
    consumer,
    until: (condition) =>
      new Promise((resolve, reject) => {
        // News of another member may make it true as well, so look now and then too.
        const check = (): void => {
          if (!condition()) return;
          clearTimeout(timeout);
          clearInterval(interval);
          changed.delete(check);
          resolve();
        };
        const interval = setInterval(check, 20);
        const timeout = setTimeout(() => {
          clearInterval(interval);
          changed.delete(check);
          reject(new Error(`In vain: ${condition.toString()}; ${JSON.stringify({ inputs: member.inputs, records: keys(member.records), crashed: member.crashed?.message })}`));
        }, WAIT_MS);
        changed.add(check);
        check();
      }),
  };
  return member;
}
