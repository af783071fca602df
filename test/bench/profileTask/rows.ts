/**
 * Both tasks of the analyzer without Kafka: `npx node test/bench/profileTask/rows.ts [events] [days] [rounds] [partitions]`. CPU per signal, and a digest of everything that
 * they write, and one of what is published of it: two versions of the code that are to give the same rows give the same second digest. One partition's state fits into more of the caches than those of all four that a process
 * may have: `1000000 29 1 4` is the population of the analyzer's bench.
 */
import { createHash } from 'node:crypto';
import { createCohortTask } from '../../../consumers/analyzer/cohort/task.ts';
import { trainInWorker } from '../../../consumers/analyzer/expertise/trainer.ts';
import { createReferenceStore } from '../../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../../consumers/analyzer/profile/task.ts';
import { RULES } from '../../../consumers/analyzer/rules/rules.ts';
import type { InRecord, OutRecord, Task, TaskContext, TopicPartition } from '../../../infra/ports.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { typicalPeople } from '../analyzer/population.ts';
import { createEventSource, FEATURES } from '../events.ts';
import { lanesOf, startPositions } from './drive.ts';
import { makeSignals, SIGNAL_TOPICS } from './signals.ts';

const DAY_MS = 86_400_000;
const ENDS_AT = Date.parse('2026-11-23T23:10:00Z');
const RECORDS = ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck', 'Feature', 'Challenge', 'Finding', 'ExpertiseModel'] as const;
/** Records of one topic that come at once. */
const DELIVERED = 2_000;
const DIGEST_CHARS = 16;
const INTERNAL: ReadonlySet<string> = new Set((['partials', 'profileChangelog', 'cohortChangelog'] as const).map((id) => topicName(id, '')));

function* eventsOf(count: number, spanMs: number, people: ReturnType<ReturnType<typeof typicalPeople>>): Iterable<PlatformEvent> {
  const source = createEventSource({ seed: 4, running: Math.ceil(count * 0.0006), population: people });
  for (let n = 0; n < count; n++) {
    const { event, mishap } = source.next(ENDS_AT - spanMs + Math.floor((n / count) * spanMs));
    if (mishap === null) yield event;
  }
}

async function round(log: Awaited<ReturnType<typeof makeSignals>>): Promise<void> {
  const codec = await createCodec(memorySchemas(), RECORDS);
  const kafka = createMemoryKafka({ partitions: 1 });
  kafka.append(FEATURES.map((feature) => ({ topic: topicName('features', ''), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) })));
  const references = createReferenceStore();
  const partials = topicName('partials', '');
  const numbers = Array.from({ length: log.partitions }, (_, partition) => partition);
  const contextOf = (topics: readonly TopicPartition[]): TaskContext => ({ id: String(topics[0]?.partition), log: kafka, wake: () => undefined, inputs: topics });
  const profiles = numbers.map((partition) => createProfileTask({ context: contextOf(SIGNAL_TOPICS.map((topic) => ({ topic, partition }))), app: '', codec: log.codec, references }));
  const cohort = createCohortTask({ context: contextOf(numbers.map((partition) => ({ topic: partials, partition }))), app: '', partitions: log.partitions, codec, rules: RULES, train: trainInWorker, log: () => undefined });
  for (const [partition, profile] of profiles.entries()) await profile.open(startPositions(partition));
  await cohort.open(numbers.map((partition) => ({ topic: partials, partition, offset: 0, metadata: '' })));
  const [digest, published] = [createHash('sha256'), createHash('sha256')];
  const cpu = { profile: 0, cohort: 0 };
  const offsets = numbers.map(() => 0);
  let [rows, partialBytes] = [0, 0];
  const note = ({ topic, key, value }: OutRecord): void => {
    rows += 1;
    digest.update(topic).update(key ?? '').update(value ?? 'none');
    if (!INTERNAL.has(topic)) published.update(topic).update(key ?? '').update(value ?? 'none');
  };
  const timed = async <T>(which: keyof typeof cpu, work: () => Promise<T>): Promise<T> => {
    const begun = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(begun);
    cpu[which] += user + system;
    return result;
  };
  const decide = async (records: readonly InRecord[]): Promise<boolean> => {
    if (records.length > 0) cohort.accept(records);
    let hasReferences = false;
    for (let work = await timed('cohort', () => cohort.step()); work !== null; work = await timed('cohort', () => cohort.step())) {
      for (const record of work.outputs) {
        note(record);
        if (record.topic !== topicName('references', '') || record.value === null) continue;
        references.add(record.value.toString());
        hasReferences = true;
      }
    }
    return hasReferences;
  };
  /** Gives whether one has waited for a reference, perhaps, that has come. */
  const work = async (profile: Task, partition: number): Promise<boolean> => {
    let hasReferences = false;
    for (let done = await timed('profile', () => profile.step()); done !== null; done = await timed('profile', () => profile.step())) {
      const told: InRecord[] = [];
      for (const record of done.outputs) {
        note(record);
        if (record.topic !== partials || record.value === null) continue;
        partialBytes += record.value.length;
        const offset = offsets[partition] ?? 0;
        offsets[partition] = offset + 1;
        told.push({ topic: partials, partition, offset, timestamp: 0, key: Buffer.from(String(record.key)), value: record.value, headers: {} });
      }
      if (await decide(told)) hasReferences = true;
    }
    return hasReferences;
  };
  const all = numbers.map((partition) => lanesOf(log, partition));
  const longest = Math.max(...all.flat().map(({ length }) => length));
  const begun = process.cpuUsage();
  for (let at = 0; at < 1; at += DELIVERED / longest) {
    for (const [partition, profile] of profiles.entries()) {
      for (const lane of all[partition] ?? []) {
        const slice = lane.slice(Math.round(at * lane.length), Math.round(Math.min(1, at + DELIVERED / longest) * lane.length));
        if (slice.length > 0) profile.accept(slice);
      }
    }
    let again = true;
    while (again) {
      again = false;
      for (const [partition, profile] of profiles.entries()) if (await work(profile, partition)) again = true;
    }
  }
  const { user, system } = process.cpuUsage(begun);
  const per = (micros: number): string => (micros / log.signals).toFixed(2);
  console.log(`profile ${per(cpu.profile)}, cohort ${per(cpu.cohort)}, all ${per(user + system)} µs CPU a signal; partials ${per(partialBytes)} bytes a signal; ${rows} rows, digest ${digest.digest('hex').slice(0, DIGEST_CHARS)}, of what is published ${published.digest('hex').slice(0, DIGEST_CHARS)}`);
}

const [count = 90_000, days = 11, rounds = 3, partitions = 1] = process.argv.slice(2).map(Number);
const spanMs = days * DAY_MS;
const people = typicalPeople(count, spanMs)(ENDS_AT);
const log = await makeSignals({ catalog: FEATURES, users: people.users, events: eventsOf(count, spanMs, people), partitions, now: ENDS_AT });
console.log(`${log.signals} signals of ${count} events over ${days} days, ${partitions} partitions`);
for (let n = 0; n < rounds; n++) await round(log);
process.exit();
