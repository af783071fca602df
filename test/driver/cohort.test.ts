import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Challenge, Finding } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import type { Reference } from '../../consumers/analyzer/references.ts';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { DAY_MS, isMidnight, TICK_MS } from '../../consumers/analyzer/time.ts';
import { createDrive, published } from './cohortDrive.ts';
import type { Drive } from './cohortDrive.ts';
import { PARTITIONS, partialsOf, QUIET, SMALL, START } from './cohortWorld.ts';
import { generator } from '../generator.ts';

const WORLD = partialsOf(1);
const PARTS = Array.from({ length: PARTITIONS }, (_, partition) => partition);

async function straight(world = WORLD): Promise<Drive> {
  const drive = await createDrive(world, SMALL.features);
  for (const partition of PARTS) while (drive.feed(partition, 1000));
  await drive.settle();
  return drive;
}

const challengesOf = ({ kafka, codec }: Drive): Challenge[] => kafka.records(topicName('challenges', '')).flatMap(({ value }) => (value === null ? [] : [codec.decode('Challenge', value)]));
const findingsOf = ({ kafka, codec }: Drive): Finding[] => kafka.records(topicName('findings', '')).flatMap(({ value }) => (value === null ? [] : [codec.decode('Finding', value)]));
const referencesOf = ({ kafka }: Drive): Reference[] => kafka.records(topicName('references', '')).map(({ value }) => JSON.parse(value?.toString() ?? 'null') as Reference);

test('two weeks of a platform', async (t) => {
  const drive = await straight();
  const challenges = challengesOf(drive);
  const findings = findingsOf(drive);
  const references = referencesOf(drive);
  const models = drive.kafka.records(topicName('models', '')).flatMap(({ value }) => (value === null ? [] : [drive.codec.decode('ExpertiseModel', value)]));
  const [firstModel] = models;
  assert.ok(firstModel !== undefined);

  await t.test('every midnight has its reference, in order, and every training tick its decision', () => {
    const midnights = Array.from({ length: SMALL.ticks }, (_, i) => START + i * TICK_MS).filter(isMidnight);
    assert.deepEqual(references.map(({ tick }) => tick), midnights);
    assert.deepEqual(models.map(({ decision }) => decision), ['new', 'new', 'kept'], models.map(({ why }) => why).join());
    assert.deepEqual(references.flatMap(({ tick, decision }) => (decision === null ? [] : [tick])), models.map(({ trained_at }) => trained_at));
    assert.ok(references.every(({ tick, effective_from }) => effective_from === tick + DAY_MS));
    assert.deepEqual(references[0]?.catalog.map(({ feature }) => feature), ['feature-0', 'feature-1', 'feature-2', 'feature-3']);
    // Partition 2 begins at hour 30, so from the second midnight on three partitions say 0.1 five times and something higher once.
    assert.deepEqual(references[3]?.quantiles, [{ stage: 'training', level: 'beginner', measure: 'stuck_share', p50: 0.1, p90: 0.6 }]);
  });

  await t.test('nothing is judged before the first model is in force', () => {
    assert.ok(findings.length > 0);
    assert.ok([...findings, ...challenges].every(({ evaluated_at, model_version }) => evaluated_at >= firstModel.effective_from && model_version > 0));
    assert.ok(challenges.some(({ model_version }) => model_version === models[1]?.version), 'the second model came into force');
  });

  await t.test('challenges open, change and resolve', () => {
    const kinds = new Set(challenges.map(({ rule_id, status, resolution }) => `${rule_id} ${status} ${resolution ?? ''}`.trim()));
    for (const kind of ['error-everyone opened', 'error-novices opened', 'slow-novices opened', 'slow-everyone opened', 'abandoned-everyone opened', 'abandoned-novices opened', 'unused-by-novices opened', 'error-novices resolved recovered', 'error-everyone resolved recovered']) {
      assert.ok(kinds.has(kind), `${kind} is not among: ${[...kinds].join('; ')}`);
    }
    assert.ok(!challenges.some(({ rule_id, feature }) => rule_id.startsWith('abandoned') && feature === 'feature-3'), 'repeats are by design there');
    assert.ok(challenges.some(({ summary, status }) => status === 'opened' && summary.includes('regressed')), 'feature-3 goes wrong twice');
    const one = challenges.find(({ rule_id, status, feature }) => rule_id === 'error-novices' && status === 'opened' && feature === 'feature-1');
    assert.ok(one !== undefined);
    assert.match(one.summary, /% of beginners but \d+ % of experts keep meeting 'QUOTA: no room on feature-1' on Feature 1; teach/);
    assert.deepEqual(one.sample_event_ids.length, PARTITIONS);
    assert.deepEqual(one.evidence.map(({ level }) => level), ['beginner', 'intermediate', 'expert', 'infrequent']);
    assert.deepEqual(one.evidence[0]?.eligible, 8 * 2 * PARTITIONS);
    assert.equal(one.window_to, one.evaluated_at);
    assert.equal(one.evaluated_to.length, PARTITIONS);
  });

  await t.test('what would not hold without the feature of the model that the rule is about is marked, and nothing else', () => {
    const marks = (rule: string, feature: string): boolean[] => challenges.filter((one) => one.rule_id === rule && one.feature === feature && one.status === 'opened').map(({ summary }) => /Without the share of tasks completed in the model of levels this would not hold\.$/.test(summary));
    assert.deepEqual(marks('abandoned-novices', 'feature-1'), [true]);
    assert.deepEqual([marks('abandoned-everyone', 'feature-0'), marks('slow-novices', 'feature-1')], [[false], [false]]);
    assert.ok(challenges.filter(({ rule_id, status }) => rule_id.startsWith('error') || status === 'resolved').every(({ summary }) => !summary.includes('model of levels')));
    assert.ok(challenges.every(({ summary }) => !summary.includes('is not known')), 'all could be checked');
  });

  await t.test('the marks change neither whether nor when', async () => {
    const unchecked = await straight(WORLD.map((records) => records.filter((record) => !record.includes('"kind":"left_out"'))));
    const unmarked = (list: readonly Challenge[]): string[] => list.map((challenge) => JSON.stringify({ ...challenge, summary: '' }));
    assert.deepEqual(unmarked(challengesOf(unchecked)), unmarked(challenges));
    assert.notDeepEqual(published(unchecked), published(drive));
  });

  await t.test('what is open at once on a feature shares a group, and each id has one life', () => {
    const open = new Map<string, Challenge>();
    const groupOf = new Map<string, string>();
    for (const challenge of challenges) {
      const { challenge_id: id, status, feature, group_id } = challenge;
      if (status === 'opened') {
        assert.ok(!groupOf.has(id), 'opened twice');
        for (const other of open.values()) if (other.feature === feature && other.evaluated_at < challenge.evaluated_at) assert.equal(group_id, other.group_id);
        open.set(id, challenge);
        groupOf.set(id, group_id);
      } else assert.ok(open.has(id), `${status} and not open`);
      assert.equal(group_id, groupOf.get(id));
      if (status === 'resolved') open.delete(id);
    }
  });

  await t.test('complete through the end, once everything has run', () => {
    assert.deepEqual(drive.committed().map(({ metadata }) => (JSON.parse(metadata) as { through: number }).through), PARTS.map(() => 1_000_000));
    assert.deepEqual(drive.committed().map(({ offset }) => offset), WORLD.map(({ length }) => length));
  });
});

for (const [name, world] of [['busy', WORLD], ['quiet', partialsOf(2, QUIET)]] as const) {
  test(`${name}: however it is cut, and wherever it is restarted, it publishes the same`, async () => {
    const expected = published(await straight(world));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const random = generator(seed);
        const drive = await createDrive(world, SMALL.features);
        const size = 1 + Math.floor(random() * 40);
        const fate = (): 'commit' | 'lose' | 'restart' => {
          const drawn = random();
          return drawn < 0.05 ? 'lose' : drawn < 0.1 ? 'restart' : 'commit';
        };
        for (let idle = 0; idle < 20; ) {
          const isFed = drive.feed(Math.floor(random() * PARTITIONS), 1 + Math.floor(random() * size));
          idle = isFed ? 0 : idle + 1;
          await drive.settle(fate);
        }
        assert.deepEqual(published(drive), expected);
      }),
      { numRuns: 4, seed: 1 },
    );
  });
}

test('through moves only when no tick is left to run, and a commit is made for it alone', async () => {
  const drive = await createDrive(WORLD, SMALL.features);
  const through = (): number[] => drive.committed().map(({ metadata }) => (metadata === '' ? 0 : (JSON.parse(metadata) as { through: number }).through));
  for (const partition of [0, 1]) while (drive.feed(partition, 1000));
  await drive.settle();
  assert.deepEqual(drive.works.flatMap(({ work }) => work.outputs).filter(({ topic }) => topic === topicName('references', '')), [], 'partition 2 has not said when it begins');
  assert.deepEqual(through(), [1_000_000, 1_000_000, 0]);
  drive.feed(2, 1);
  await drive.settle();
  const references = drive.kafka.records(topicName('references', '')).length;
  assert.equal(references, 1, 'it begins 30 ticks later: those run');
  assert.deepEqual(through(), [1_000_000, 1_000_000, 1]);
});

test('a rule whose version changes at a restart resolves what it had open', async () => {
  const drive = await createDrive(WORLD, SMALL.features);
  const isOpen = (): boolean => challengesOf(drive).some(({ rule_id, status }) => rule_id === 'error-novices' && status === 'opened');
  while (!isOpen()) {
    for (const partition of PARTS) drive.feed(partition, 5);
    await drive.settle();
  }
  await drive.restart(RULES.map((rule) => (rule.id === 'error-novices' ? { ...rule, version: 2 } : rule)));
  for (const partition of PARTS) drive.feed(partition, 100);
  await drive.settle();
  const resolved = challengesOf(drive).find(({ resolution }) => resolution === 'rule_changed');
  assert.equal(resolved?.rule_id, 'error-novices');
  assert.equal(resolved.rule_version, 1);
});

const OWN = (version: number): string => `
error-experts:
  { version: ${String(version)}, dimension: SoP, signal_class: error, counted: saw, conditions: [{ level: expert, op: '>', threshold: 0.6, of: share }], harmed: [expert], opens_after_hours: 12, summary: '{expert} of experts stumble over {error} on {title}.' }
`;

test('a rule of a file opens challenges, and resolves them as rule_changed when its version is raised and when it is taken out', async () => {
  const drive = await createDrive(WORLD, SMALL.features);
  await drive.restart(overrideRules(RULES, OWN(1)));
  const mine = (): Challenge[] => challengesOf(drive).filter(({ rule_id }) => rule_id === 'error-experts');
  const until = async (done: () => boolean): Promise<void> => {
    for (let fed = true; fed && !done(); ) {
      fed = PARTS.map((partition) => drive.feed(partition, 5)).includes(true);
      await drive.settle();
    }
    assert.ok(done(), mine().map(({ status, feature }) => `${status} ${feature}`).join());
  };
  await until(() => mine().length > 0);
  const [first] = mine();
  assert.ok(first !== undefined);
  assert.equal(first.status, 'opened');
  assert.equal(first.dimension, 'SoP');
  assert.match(first.summary, /^\d+ % of experts stumble over 'QUOTA: no room on feature-0' on Feature 0\.$/);
  assert.deepEqual(first.evidence.flatMap(({ level, op, threshold }) => (op === null ? [] : [[level, op, threshold]])), [['expert', '>', 0.6]]);

  // Raised, with another threshold: the challenge ends under the declaration that it was opened by, and a new one comes.
  await drive.restart(overrideRules(RULES, OWN(2).replace('0.6', '0.7')));
  await until(() => mine().some(({ rule_version, status }) => rule_version === 2 && status === 'opened'));
  const ended = mine().find(({ status }) => status === 'resolved');
  assert.deepEqual([ended?.challenge_id, ended?.resolution, ended?.rule_version, ended?.evidence.find(({ level }) => level === 'expert')?.threshold], [first.challenge_id, 'rule_changed', 1, 0.6]);
  const second = mine().find(({ rule_version }) => rule_version === 2);
  assert.equal(second?.evidence.find(({ level }) => level === 'expert')?.threshold, 0.7);
  assert.match(second.summary, /regressed/);

  // Taken out: it ends, once, and comes back with a new run of its own.
  await drive.restart(RULES);
  await until(() => mine().some(({ challenge_id, status }) => challenge_id === second.challenge_id && status === 'resolved'));
  const gone = mine().filter(({ challenge_id, status }) => challenge_id === second.challenge_id && status === 'resolved');
  assert.deepEqual(gone.map(({ resolution, rule_version, summary }) => [resolution, rule_version, summary.startsWith('Closed, the rule has changed: ')]), [['rule_changed', 2, true]]);
  const count = mine().length;
  for (const partition of PARTS) drive.feed(partition, 5);
  await drive.restart(RULES);
  for (const partition of PARTS) drive.feed(partition, 20);
  await drive.settle();
  assert.equal(mine().length, count, 'nothing more of a rule that is gone');
});

test('a built-in rule that is disabled resolves what it had open, and has not held when it comes back', async () => {
  const drive = await createDrive(WORLD, SMALL.features);
  const novices = (): Challenge[] => challengesOf(drive).filter(({ rule_id }) => rule_id === 'error-novices');
  const feedUntil = async (done: () => boolean): Promise<void> => {
    for (let fed = true; fed && !done(); ) {
      fed = PARTS.map((partition) => drive.feed(partition, 5)).includes(true);
      await drive.settle();
    }
  };
  await feedUntil(() => novices().length > 0);
  await drive.restart(overrideRules(RULES, 'error-novices: { disabled: true }'));
  await feedUntil(() => novices().some(({ status }) => status === 'resolved'));
  const ended = novices().at(-1);
  assert.deepEqual([ended?.status, ended?.resolution], ['resolved', 'rule_changed']);
  const count = novices().length;
  await drive.restart(RULES);
  await feedUntil(() => novices().length > count);
  const back = novices().at(-1);
  assert.equal(back?.status, 'opened');
  assert.ok(back.opened_at >= (ended?.evaluated_at ?? Infinity) + 24 * TICK_MS, 'a whole day of holding again');
});
