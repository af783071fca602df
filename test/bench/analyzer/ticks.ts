/**
 * What a tick costs as findings grow: the production tasks, profile and cohort, on signals in memory. In every hour as many signals of the same mix, only
 * spread over more fingerprints; what is timed is the step that crosses the hour and nothing else. Three kinds of people, so that there are levels.
 */
import { createReferenceStore } from '../../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../../consumers/analyzer/profile/task.ts';
import { createCohortTask } from '../../../consumers/analyzer/cohort/task.ts';
import { trainInWorker } from '../../../consumers/analyzer/expertise/trainer.ts';
import { RULES } from '../../../consumers/analyzer/rules/rules.ts';
import { DAY_MS, isMidnight, TICK_MS } from '../../../consumers/analyzer/time.ts';
import type { InRecord, OutRecord, Task } from '../../../infra/ports.ts';
import { randomStream } from '../../../producers/simulator/random.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { FEATURES } from '../events.ts';
import { median, rounded } from '../statistics.ts';
import { createHours, SIGNALS_PER_HOUR, TOPICS, type Hour } from './hours.ts';

interface Cost {
  /** Medians of the step that runs the tick, ms. */
  readonly hourly_ms: number;
  readonly midnight_ms: number;
}

export interface TickCost {
  /** Features times fingerprints. */
  readonly findings: number;
  readonly signals_per_hour: number;
  readonly profile: Cost;
  readonly cohort: Cost;
  /** Of all partials of a midnight. */
  readonly midnight_bytes: number;
}

/** A Saturday: users are frequent by the second Monday, and have levels from the Tuesday after it on. */
const START = Date.UTC(2026, 4, 30);
const LEVELS_FROM = START + 10 * DAY_MS;
/** Two more midnights. */
const END = LEVELS_FROM + 2 * DAY_MS;
const RECORDS = ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck', 'Feature', 'Challenge', 'Finding', 'ExpertiseModel'] as const;

/** `findings`: multiples of the number of features. */
export async function measureTicks(findings: readonly number[], say: (line: string) => void): Promise<TickCost[]> {
  const costs: TickCost[] = [];
  for (const count of findings) {
    const cost = await costOf(Math.max(1, Math.round(count / FEATURES.length)));
    costs.push(cost);
    say(`ticks: ${JSON.stringify(cost)}`);
  }
  return costs;
}

interface Timed {
  readonly ms: number;
  readonly outputs: readonly OutRecord[];
}

async function timed(task: Task, records: readonly (readonly InRecord[])[]): Promise<Timed> {
  for (const some of records) task.accept(some);
  const begun = performance.now();
  const outputs: OutRecord[] = [];
  for (let work = await task.step(); work !== null; work = await task.step()) outputs.push(...work.outputs);
  return { ms: performance.now() - begun, outputs };
}

async function costOf(fingerprints: number): Promise<TickCost> {
  const codec = await createCodec(memorySchemas(), RECORDS);
  const kafka = createMemoryKafka({ partitions: 1 });
  kafka.append(FEATURES.map((feature) => ({ topic: topicName('features', ''), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) })));
  const references = createReferenceStore();
  const context = { id: '0', log: kafka, wake: () => undefined };
  const inputs = TOPICS.map((topic) => ({ topic, partition: 0 }));
  const partialsTopic = topicName('partials', '');
  const profile = createProfileTask({ context: { ...context, inputs }, app: '', codec, references });
  const cohort = createCohortTask({ context: { ...context, inputs: [{ topic: partialsTopic, partition: 0 }] }, app: '', partitions: 1, codec, rules: RULES, train: trainInWorker, log: () => undefined });
  await profile.open(inputs.map((input) => ({ ...input, offset: 0, metadata: '' })));
  await cohort.open([{ topic: partialsTopic, partition: 0, offset: 0, metadata: '' }]);

  let offset = 0;
  const inRecords = (outputs: readonly OutRecord[]): InRecord[] =>
    outputs.filter(({ topic }) => topic === partialsTopic).map(({ key, value }) => ({ topic: partialsTopic, partition: 0, offset: offset++, timestamp: 0, key: Buffer.from(String(key)), value, headers: {} }));
  const costs = { profile: { hourly: [] as number[], midnight: [] as number[] }, cohort: { hourly: [] as number[], midnight: [] as number[] } };
  let midnightBytes = 0;
  let experts = false;
  const next = createHours({ codec, random: randomStream(1, 'ticks', fingerprints), fingerprints });
  for (let tick = START + TICK_MS; tick <= END; tick += TICK_MS) {
    const hour: Hour = next(tick);
    const before = await timed(profile, hour.signals);
    await timed(cohort, [inRecords(before.outputs)]);
    const told = await timed(profile, hour.crossing);
    const partials = inRecords(told.outputs);
    const decided = await timed(cohort, [partials]);
    for (const { topic, value } of decided.outputs) if (topic === topicName('references', '') && value !== null) references.add(value.toString());
    if (tick <= LEVELS_FROM) continue;
    const kind = isMidnight(tick) ? 'midnight' : 'hourly';
    costs.profile[kind].push(told.ms);
    costs.cohort[kind].push(decided.ms);
    if (kind === 'midnight') midnightBytes = partials.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    experts ||= partials.some(({ value }) => value?.includes('"level":"expert"') === true);
  }
  if (!experts) throw new Error('ticks: nobody became an expert, so the rules had nothing to compare');
  const cost = ({ hourly, midnight }: { hourly: readonly number[]; midnight: readonly number[] }): Cost => ({ hourly_ms: rounded(median(hourly)), midnight_ms: rounded(median(midnight)) });
  return { findings: fingerprints * FEATURES.length, signals_per_hour: SIGNALS_PER_HOUR, profile: cost(costs.profile), cohort: cost(costs.cohort), midnight_bytes: midnightBytes };
}
