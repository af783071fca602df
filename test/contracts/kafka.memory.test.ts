import { KafkaError } from '../../infra/kafka/errors.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import type { Subject } from './kafka/subject.ts';
import { kafkaContract } from './kafkaContract.ts';

function inMemory(maxBatch: number): Promise<Subject> {
  let clock = 1_600_000_000_000;
  const kafka = createMemoryKafka({ now: () => ++clock, maxBatch });
  return Promise.resolve({
    kafka,
    sessionMs: 20,
    prefix: '',
    truncate: (input, before) => settle(() => { kafka.truncate(input, before); }),
    compact: (input) => settle(() => { kafka.compact(input); }),
    begin: (id) => {
      const { write, positions, end } = kafka.begin(id);
      return Promise.resolve({
        write: (records) => settle(() => { write(records); }),
        positions: (group, of) => settle(() => { positions(group, of); }),
        end: (how) => settle(() => { end(how); }),
        close: () => Promise.resolve(),
      });
    },
    breakAt: (id, kind, when) => {
      kafka.onAction = (action, at) => {
        if (action.id !== id || action.name !== kind || (at === 'before') !== (when === 'unsent')) return;
        kafka.onAction = null;
        throw new KafkaError('UNAVAILABLE', `the connection breaks at ${kind}`);
      };
    },
    stranger: async (group, topics, assignment) => {
      await kafka.consumer({ group, topics, assignment, onAssigned: () => undefined, onRecords: () => undefined, onCrash: () => undefined });
      // The second member of its group, as it joined.
      return { kill: () => { kafka.expel(group, 1); } };
    },
    stop: () => kafka.close(),
  });
}

async function settle(change: () => void): Promise<void> {
  await new Promise(setImmediate);
  change();
}

kafkaContract('in memory', () => inMemory(4));
kafkaContract('in memory, a record at a time', () => inMemory(1));
