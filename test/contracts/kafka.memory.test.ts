import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import { kafkaContract } from './kafkaContract.ts';

let clock = 1_600_000_000_000;
kafkaContract('in memory', () => {
  const kafka = createMemoryKafka({ now: () => ++clock, maxBatch: 4 });
  return Promise.resolve({
    kafka,
    prefix: '',
    truncate: (input, before) => {
      kafka.truncate(input, before);
      return Promise.resolve();
    },
    stop: () => kafka.close(),
  });
});
