/** A backtest with the rules that were in force is the history, to the last field; with others it is the history that those would have made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecorder } from '../../consumers/analyzer/backtest/episodes.ts';
import { HistoryError, runBacktest } from '../../consumers/analyzer/backtest/run.ts';
import type { BacktestInput, Covered } from '../../consumers/analyzer/backtest/run.ts';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import { isMidnight, TICK_MS } from '../../consumers/analyzer/time.ts';
import type { Challenge } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { createDrive } from './cohortDrive.ts';
import type { Drive } from './cohortDrive.ts';
import { PARTITIONS, partialsOf, QUIET, SMALL, START } from './cohortWorld.ts';

const OTHER = overrideRules(RULES, `
error-novices: { version: 2, thresholds: { beginner: 0.8 }, opens_after_hours: 40 }
slow-novices: { disabled: true }
error-experts: { version: 1, dimension: SoP, signal_class: error, counted: saw, conditions: [{ level: expert, op: '>', threshold: 0.6, of: share }], harmed: [expert], summary: '{expert} of experts stumble over {error} on {title}.' }
`);

async function history(world: readonly (readonly Buffer[])[], rules: readonly Rule[] = RULES): Promise<Drive> {
  const drive = await createDrive(world, SMALL.features);
  await drive.restart(rules);
  for (let partition = 0; partition < PARTITIONS; partition++) while (drive.feed(partition, 1000));
  await drive.settle();
  return drive;
}

/** Through JSON, which takes the codec's classes away. */
const published = ({ kafka, codec }: Drive): Challenge[] => kafka.records(topicName('challenges', '')).flatMap(({ value }) => (value === null ? [] : [JSON.parse(JSON.stringify(codec.decode('Challenge', value))) as Challenge]));

async function tried(kafka: MemoryKafka, rules: readonly Rule[], range: Pick<BacktestInput, 'from' | 'to'> = { from: null, to: null }): Promise<{ challenges: Challenge[]; covered: Covered }> {
  const challenges: Challenge[] = [];
  const covered = await runBacktest({ log: kafka, app: '', partitions: PARTITIONS, trials: [{ rules, observe: (_, transitions) => { challenges.push(...transitions); } }], ...range });
  return { challenges, covered };
}

for (const [name, world] of [['busy', partialsOf(1)], ['quiet', partialsOf(2, QUIET)], ['another', partialsOf(3)]] as const) {
  test(`${name}: with the rules that were in force, every record that was published, to the last field`, async () => {
    const drive = await history(world);
    const before = drive.kafka.actions.length;
    const { challenges, covered } = await tried(drive.kafka, RULES);
    assert.ok(challenges.length > 10);
    assert.deepEqual(challenges, published(drive));
    assert.deepEqual(covered, { begins: START, isFromBeginning: true, from: START, to: START + (SMALL.ticks - 1) * TICK_MS });
    assert.equal(drive.kafka.actions.length, before, 'nothing was written');
  });

  test(`${name}: with other rules, what an analyzer with those rules publishes`, async () => {
    const [under, over] = [await history(world), await history(world, OTHER)];
    const { challenges } = await tried(under.kafka, OTHER);
    assert.ok(challenges.some(({ rule_id }) => rule_id === 'error-experts') && !challenges.some(({ rule_id }) => rule_id === 'slow-novices'));
    assert.deepEqual(challenges, published(over));
  });
}

test('two sets of rules at once are the same as one after the other', async () => {
  const { kafka } = await history(partialsOf(1));
  const [current, other] = [createRecorder(), createRecorder()];
  const { from, to } = await runBacktest({ log: kafka, app: '', partitions: PARTITIONS, trials: [{ rules: RULES, ...current }, { rules: OTHER, ...other }], from: null, to: null });
  for (const [rules, together] of [[RULES, current], [OTHER, other]] as const) {
    const alone = createRecorder();
    await runBacktest({ log: kafka, app: '', partitions: PARTITIONS, trials: [{ rules, ...alone }], from: null, to: null });
    assert.deepEqual(together.courses(from, to), alone.courses(from, to));
  }
});

test('a range is a part of the whole: lives before it are its run-up, and nothing after it is looked at', async () => {
  const drive = await history(partialsOf(1));
  const [from, to] = [START + 100 * TICK_MS + 1, START + 200 * TICK_MS + 5];
  const { challenges, covered } = await tried(drive.kafka, RULES, { from, to });
  assert.deepEqual(challenges, published(drive).filter(({ evaluated_at }) => evaluated_at <= to));
  assert.deepEqual(covered, { begins: START, isFromBeginning: true, from, to });
});

test('where the log does not begin at the beginning, the first tick judged is the first that every partition has given a full account of', async () => {
  const { kafka } = await history(partialsOf(1));
  const topic = topicName('partials', '');
  // In the middle of a day: what the partitions say until the next midnight is what changed, and of what is not known.
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = kafka.records(topic).filter((record) => record.partition === partition).findIndex(({ value }) => (JSON.parse(String(value)) as { tick?: number }).tick === START + 65 * TICK_MS);
    kafka.truncate({ topic, partition }, at + 1);
  }
  const { challenges, covered } = await tried(kafka, RULES);
  assert.deepEqual([covered.begins, covered.isFromBeginning], [START + 84 * TICK_MS, false]);
  assert.ok(isMidnight(covered.begins));
  // What begins well after that is as it was.
  const settled = START + 130 * TICK_MS;
  const whole = (await tried((await history(partialsOf(1))).kafka, RULES)).challenges;
  const later = (all: readonly Challenge[]): Challenge[] => all.filter(({ opened_at }) => opened_at > settled);
  assert.ok(later(whole).length > 3);
  assert.deepEqual(later(challenges), later(whole));
  assert.deepEqual(challenges.filter(({ evaluated_at }) => evaluated_at < covered.begins + 24 * TICK_MS), [], 'nothing can have held for a day before');
});

test('a range that the history does not cover is refused, with what it covers', async () => {
  const { kafka } = await history(partialsOf(1));
  const last = START + (SMALL.ticks - 1) * TICK_MS;
  const refused = async (range: Pick<BacktestInput, 'from' | 'to'>, message: RegExp): Promise<void> => {
    await assert.rejects(tried(kafka, RULES, range), (error) => error instanceof HistoryError && message.test(error.message));
  };
  await refused({ from: START - 1, to: null }, /begins at 2023-09-03T12:00:00Z, after --from 2023-09-03T11:59:59\.999Z/);
  await refused({ from: null, to: last + TICK_MS }, /ends at 2023-09-18T11:00:00Z, before --to 2023-09-18T12:00:00Z; it begins at 2023-09-03T12:00:00Z/);
  await refused({ from: last + 1, to: null }, /ends at .*, before --from/);
  await refused({ from: null, to: START - TICK_MS }, /no history in analyzer\.partials up to --to/);
  const topic = topicName('partials', '');
  kafka.truncate({ topic, partition: 1 }, 1_000_000);
  await refused({ from: null, to: null }, /there is no history in analyzer\.partials/);
});
