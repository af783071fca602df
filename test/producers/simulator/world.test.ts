import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { validateEvent, validateFeature, validateUser } from '../../../producers/collector/validate.ts';
import { activeDays } from '../../../producers/simulator/calendar.ts';
import { HISTORY_DAYS } from '../../../producers/simulator/demo.ts';
import { PROBLEMS, strength } from '../../../producers/simulator/problems.ts';
import type { SimulatedEvent } from '../../../producers/simulator/types.ts';
import { createWorld, events } from '../../../producers/simulator/world.ts';

const DAY_MS = 86_400_000;
const ENDS_AT = Date.parse('2026-06-18T15:20:00Z');
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function firstEvents(seed: number, batches: number): SimulatedEvent[] {
  const found: SimulatedEvent[] = [];
  for (const batch of events(createWorld({ seed, endsAt: ENDS_AT }))) {
    found.push(...batch);
    if (--batches === 0) break;
  }
  return found;
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe('the world of a seed', () => {
  const world = createWorld({ seed: 7, endsAt: ENDS_AT });
  const planted = (dimension: string): number => world.planted.filter((challenge) => challenge.dimension === dimension).length;

  test("has the paper's people, and a team for each of them", () => {
    const counts = Object.groupBy(world.users, (user) => user.behaviour);
    assert.deepEqual(Object.fromEntries(Object.entries(counts).map(([behaviour, users]) => [behaviour, users.length])), { expert: 85, intermediate: 118, beginner: 190, infrequent: 998 });
    assert.equal(new Set(world.users.map((user) => user.user_id)).size, 1391);
    assert.equal(new Set(world.users.map((user) => user.team)).size, 20);
    for (const user of world.users) validateUser(user);
  });

  test('has a catalog over the four stages', () => {
    assert.ok(world.catalog.length >= 40);
    assert.equal(new Set(world.catalog.map((entry) => entry.feature)).size, world.catalog.length);
    assert.deepEqual(new Set(world.catalog.map((entry) => entry.stage)), new Set(['data', 'features', 'training', 'deployment']));
    for (const entry of world.catalog) validateFeature(entry);
  });

  test('plants 17 ET and 6 SoP over all rules, among them those of the paper, on different features', () => {
    assert.deepEqual([planted('ET'), planted('SoP')], [17, 6]);
    assert.equal(new Set(world.planted.map((challenge) => challenge.rule_id)).size, 7);
    assert.equal(new Set([...world.planted, ...world.decoys].map(({ feature }) => feature)).size, world.planted.length + world.decoys.length);
    const of = (feature: string): string | undefined => world.planted.find((challenge) => challenge.feature === feature)?.dimension;
    assert.deepEqual([of('train_model'), of('connect_source'), of('create_notebook')], ['ET', 'ET', 'SoP']);
    for (const { from, until } of world.planted) assert.ok(from >= world.startsAt && from < world.endsAt && (until === null || (until > from && until < world.endsAt)));
    assert.ok(world.planted.some(({ until }) => until !== null) && world.planted.some(({ until }) => until === null));
  });

  test('keeps frequent users at 8 or more days in any 28, infrequent ones between 1 and 7', () => {
    const first = Math.max(...world.people.map((person) => person.firstDay)); // newcomers have come by then
    for (const [index, person] of world.people.entries()) {
      const days = activeDays(world.seed, person, HISTORY_DAYS, 0);
      for (let from = first; from + 28 <= HISTORY_DAYS; from++) {
        const active = days.filter((day) => day >= from && day < from + 28).length;
        const [least, most] = world.users[index]?.behaviour === 'infrequent' ? [1, 7] : [8, 28];
        assert.ok(active >= least && active <= most, `${person.user.user_id}: ${String(active)} active days in the 28 from ${String(from)}`);
      }
    }
  });
});

describe('the history of a seed', () => {
  test('is the same whenever it is made, and another for another seed', () => {
    const once = digest(firstEvents(3, 4));
    assert.equal(digest(firstEvents(3, 4)), once);
    assert.notEqual(digest(firstEvents(4, 4)), once);
  });

  test('can be made twice from one world', () => {
    const world = createWorld({ seed: 3, endsAt: ENDS_AT });
    const take = (): string => { for (const batch of events(world)) return digest(batch); return ''; };
    assert.equal(take(), take());
  });

  test('is valid, in time order but for a few, within its bounds, and of the size the demo promises', () => {
    const world = createWorld({ seed: 11, endsAt: ENDS_AT });
    const users = new Set(world.users.map((user) => user.user_id));
    const features = new Set(world.catalog.map((entry) => entry.feature));
    const ids = new Set<string>();
    const context = { receivedAt: ENDS_AT, source: 'test', newId: (): string => { throw new Error('every event brings its id'); } };
    let [count, backwards, watermark] = [0, 0, 0];
    for (const batch of events(world)) {
      for (const event of batch) {
        validateEvent(event, context);
        if (!users.has(event.user_id) || !features.has(event.feature) || !UUID_V7.test(event.event_id)) assert.fail(JSON.stringify(event));
        if (event.occurred_at < world.startsAt - DAY_MS || event.occurred_at >= ENDS_AT) assert.fail(`out of bounds: ${JSON.stringify(event)}`);
        ids.add(event.event_id);
        count++;
        if (event.occurred_at < watermark) backwards++;
        watermark = Math.max(watermark, event.occurred_at);
      }
    }
    assert.ok(count >= 300_000 && count <= 400_000, `${String(count)} events`);
    const duplicates = count - ids.size;
    assert.ok(duplicates > 0 && duplicates < count / 500, `${String(duplicates)} duplicates`);
    assert.ok(backwards > 0 && backwards < count / 200, `${String(backwards)} late events`);
    assert.ok(watermark > ENDS_AT - 3_600_000, 'it goes on to its end');
  });
});

test('a problem comes and goes over its ramp', () => {
  const problem = PROBLEMS.find(({ ramp, until }) => ramp > 0 && until !== null);
  assert.ok(problem?.until);
  const { from, until, ramp } = problem;
  assert.deepEqual([from - 1, from + ramp - 1, until - 1, until + ramp - 1].map((day) => strength(problem, day)), [0, 1, 1, 0]);
  assert.ok(strength(problem, from + 1) > 0 && strength(problem, from + 1) < 1);
});
