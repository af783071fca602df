import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { validateEvent } from '../../../producers/collector/validate.ts';
import { FileError } from '../../../producers/files/document.ts';
import { createPace, eventsAtOnce } from '../../../producers/simulator/pace.ts';
import type { SimulatedEvent } from '../../../producers/simulator/types.ts';
import { createWorld, events } from '../../../producers/simulator/world.ts';
import { doubtsOf, endOf, readWorldFile } from '../../../producers/simulator/worldFile.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-18T15:20:00Z');
const small = readFileSync(new URL('../../../docs/worlds/small.yaml', import.meta.url), 'utf8');
const LEAST = 'days: 50\npeople: { beginner: 3 }\nfeatures: [{ feature: f, title: F, stage: data, kind: task, typical_ms: 1000 }]\n';

const all = (text: string, seed = 1): SimulatedEvent[] => {
  const file = readWorldFile('world.yaml', text);
  return [...events(createWorld({ seed, endsAt: endOf(file, NOW), plan: file.plan }))].flat();
};

function problems(text: string): string[] {
  try {
    readWorldFile('world.yaml', text);
  } catch (error) {
    if (error instanceof FileError) return error.message.split('\n').slice(1).map((line) => line.trim());
    throw error;
  }
  return [];
}

describe('the world of docs/worlds/small.yaml', () => {
  const history = all(small);
  test('is the same for the same seed, another for another, and valid', () => {
    assert.deepEqual(all(small), history);
    assert.notDeepEqual(all(small, 2), history);
    const context = { receivedAt: NOW, source: 'test', newId: (): string => { throw new Error('every event brings its id'); } };
    for (const event of history) validateEvent(event, context);
    const days = new Set(history.map(({ occurred_at: at }) => Math.floor(at / DAY_MS)));
    assert.ok(days.size > 50 && days.size <= 57, `${days.size} days`);
  });

  test('has the people, features and problems that the file says', () => {
    const { plan } = readWorldFile('small.yaml', small);
    const world = createWorld({ seed: 1, endsAt: NOW, plan });
    assert.deepEqual(Object.fromEntries(Object.entries(Object.groupBy(world.users, ({ behaviour }) => behaviour)).map(([name, users]) => [name, users.length])), { expert: 24, intermediate: 30, beginner: 40, infrequent: 60 });
    assert.deepEqual(world.users.filter(({ team }) => team === 'graduates').map(({ behaviour }) => behaviour), Array.from({ length: 8 }, () => 'beginner'));
    assert.deepEqual(world.planted.map(({ rule_id, feature }) => [rule_id, feature]), [['error-everyone', 'notebooks.create'], ['error-novices', 'training.run'], ['slow-everyone', 'deploy.endpoint']]);
    assert.deepEqual(doubtsOf(plan), []);
    const met = (code: string) => history.filter(({ error }) => error?.code === code);
    const until = world.startsAt + 42 * DAY_MS;
    assert.ok(met('NO_ROOM').length > 100 && met('NO_ROOM').every(({ occurred_at: at }) => at < until + DAY_MS), 'it is mended');
    assert.match(met('NO_ROOM')[0]?.error?.message ?? '', /^no node with \d+ GiB free$/);
    const teamOf = new Map(world.users.map(({ user_id, team }) => [user_id, team]));
    assert.deepEqual(new Set(met('GROUP_QUOTA').map(({ user_id }) => teamOf.get(user_id))), new Set(['graduates']));
    const behaviourOf = new Map(world.users.map(({ user_id, behaviour }) => [user_id, behaviour]));
    assert.ok(!met('OUT_OF_MEMORY').some(({ user_id }) => behaviourOf.get(user_id) === 'expert'));
  });
});

describe('a world file', () => {
  test('the least of one; a start fixes its end; what is too small is told', () => {
    const file = readWorldFile('f', `${LEAST}starts: 2026-01-05\n`);
    assert.deepEqual([file.startsAt, endOf(file, NOW)], [Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 5) + 50 * DAY_MS - 1]);
    const world = createWorld({ seed: 1, endsAt: endOf(file, NOW), plan: file.plan });
    assert.equal(world.startsAt, file.startsAt);
    assert.ok(all(LEAST).length > 10);
    assert.equal(doubtsOf(file.plan).length, 8);
  });

  test('what is wrong with it is told at once, with its line', () => {
    assert.deepEqual(problems(`days: 20
people: { expert: 1, novice: 2 }
roles: []
teams: [{ team: a, timezone: 3 }]
learners: [{ from: expert, to: beginner }]
local_team: { team: b, beginners: 1, feature: nothing }
features:
  - { feature: f, title: F, stage: data, kind: click, typical_ms: 0 }
  - { feature: g, title: G, stage: data, kind: click, typical_ms: 5 }
problems:
  - { feature: h, kind: unused }
  - { feature: g, kind: slow, factor: 2 }
  - { feature: g, kind: error, code: C, cause: user, share: 1.5 }
  - { feature: g, kind: unused, finds: error-everyone }
starts: 2026-01-05T12:00:00Z
`), [
      'line 2: people has "novice": there are expert, intermediate, beginner, infrequent',
      'line 2: people: there is nobody: give numbers, as in { expert: 20, intermediate: 30, beginner: 40, infrequent: 60 }',
      'line 3: roles: must not be empty',
      'line 4: teams[1] (a).timezone: is no field here; there are team, org, utc_offset_hours',
      'line 5: learners[1]: to must be above expert: people learn',
      'line 6: local_team: feature nothing is not among the features',
      'line 8: features[1] (f): typical_ms must be at least 1, but is 0',
      'line 11: problems[1] (h): feature h is not among the features',
      'line 12: problems[2] (g): feature g is of kind click, which takes no time and cannot fail: make it a task or a job',
      'line 13: problems[3] (g): feature g has a problem already: one of a feature can be told from another\'s',
      'line 14: problems[4] (g): feature g has a problem already: one of a feature can be told from another\'s',
      'line 15: starts must be a day, such as 2026-08-01: a world begins at a midnight UTC',
    ]);
    assert.match(problems(LEAST.replace('50', '500'))[0] ?? '', /line 1: days must be from 1 to 399, but is 500/);
    assert.match(problems(`${LEAST}learners: [{ from: beginner, to: intermediate }]`).join('; '), /need a longer history: 83 days.*1 become intermediate, but people has 0/);
    assert.match(problems(`${LEAST}problems: [{ feature: f, kind: slow, factor: 2, finds: error-novices }]`)[0] ?? '', /finds error-novices is for a problem of kind error, and this is slow/);
    assert.match(problems(`${LEAST}problems: [{ feature: f, kind: error, code: C, cause: user, share: 1, team: nobody }]`)[0] ?? '', /team nobody is not among the teams/);
    assert.match(problems(`${LEAST}problems: [{ feature: f, kind: stuck, share: 1, from: 60 }]`)[0] ?? '', /from must be from 0 to 49, but is 60/);
  });
});

test('a rate is kept, what is late is not caught up with, and without one nothing waits', async () => {
  let now = 0;
  const waits: number[] = [];
  const pace = createPace(100, () => now, (ms) => { waits.push(ms); now += ms; return Promise.resolve(); });
  await pace(50);
  await pace(50);
  now += 2_000;
  await pace(50);
  await pace(50);
  assert.deepEqual(waits, [500, 500]);
  await createPace(undefined, () => now, () => Promise.reject(new Error('waited')))(1e9);
  assert.deepEqual([eventsAtOnce(undefined, 4_000), eventsAtOnce(100, 4_000), eventsAtOnce(1, 4_000), eventsAtOnce(1e6, 4_000)], [4_000, 50, 1, 4_000]);
});
