/** Both kinds of analyzer tasks together, as the service runs them: ticks, references, training and back, with nothing played by the test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runAnalyzer } from '../../consumers/analyzer/main.ts';
import type { Partial } from '../../consumers/analyzer/partials.ts';
import type { Reference } from '../../consumers/analyzer/references.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { isMidnight, isTrainingTick } from '../../consumers/analyzer/time.ts';
import { createCodec } from '../../schemas/codec.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { createWorld, eventsArbitrary, TOPICS } from '../consumers/analyzer/profile/world.ts';

const codec = await createCodec(memorySchemas(), ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck', 'Feature', 'Challenge', 'Finding', 'ExpertiseModel']);

test('two partitions and the cohort task run a month of ticks, and every midnight has its reference', async () => {
  const kafka = createMemoryKafka({ partitions: 2 });
  await kafka.createTopics(['analyzer.references', 'platform.features', 'cohort.changelog'].map((topic) => ({ topic, partitions: 1, config: {} })));
  const worlds = fc.sample(eventsArbitrary(120), { numRuns: 2, seed: 11 }).map((events) => createWorld(events));
  worlds.forEach((world, partition) => {
    for (const topic of TOPICS) kafka.append((world.records[topic] ?? []).map(({ value, headers }) => ({ topic, partition, key: null, value, headers })));
  });
  const service = await runAnalyzer({ kafka, app: '', partitions: 2, codec, rules: RULES, log: () => undefined });
  const through = (partition: number): number =>
    kafka.records('analyzer.partials').filter((record) => record.partition === partition).reduce((highest, { value }) => {
      const partial = JSON.parse(value?.toString() ?? 'null') as Partial;
      return partial.kind === 'progress' ? Math.max(highest, partial.through) : highest;
    }, 0);
  // The partition whose time ends earlier holds the cohort back, and with it the other.
  const ended = (): boolean => worlds.some(({ end }, partition) => through(partition) === end);
  const ticksOf = (partition: number): number[] => kafka.records('analyzer.partials').filter((record) => record.partition === partition).flatMap(({ value }) => {
    const partial = JSON.parse(value?.toString() ?? 'null') as Partial;
    return partial.kind === 'tick' ? [partial.tick] : [];
  });
  /** Those that both partitions have reached. */
  const midnights = (): number[] => {
    const ticks = [0, 1].map(ticksOf);
    const reached = Math.min(...ticks.map((list) => list.at(-1) ?? 0));
    return [...new Set(ticks.flat())].filter((tick) => isMidnight(tick) && tick <= reached).sort((a, b) => a - b);
  };
  // Quiet alone says little: a training may take longer, on a thread of its own. What is missing after a minute is told below.
  const until = performance.now() + 60_000;
  const isDone = (): boolean => ended() && kafka.records('analyzer.references').length >= midnights().length;
  for (let quiet = 0, before = -1; quiet < 200 || (!isDone() && performance.now() < until); ) {
    const now = kafka.records('analyzer.references').length + kafka.records('analyzer.partials').length;
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const health = service.health();
  await service.stop();
  assert.ok(ended(), 'a partition has come to its end');
  assert.equal(health.ready, true, JSON.stringify(health.detail));
  const references = kafka.records('analyzer.references').map(({ value }) => JSON.parse(value?.toString() ?? 'null') as Reference);
  assert.ok(references.length > 20, String(references.length));
  assert.deepEqual(references.map(({ tick }) => tick), midnights());
  assert.ok(references.every(({ tick, decision }) => (decision !== null) === isTrainingTick(tick)));
});
