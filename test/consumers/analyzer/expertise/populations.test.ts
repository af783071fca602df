/** Who must not distort the levels: machines, specialists, part-timers, people on holiday (semantics 4, "from simulation"). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Level } from '../../../../schemas/records.ts';
import { LEVELS } from './people.ts';
import { createTown, crowd } from './town.ts';
import type { Habits, Town } from './town.ts';

const PEOPLE = crowd('p', [95, 60, 42]);
const SKILLS: readonly [number, number, number] = [20, 20, 20];

function settled(people: readonly Habits[], weeks = 8): Town {
  const town = createTown(people, weeks);
  for (const week of [4, 5, 6, 7]) town.monday(week);
  return town;
}

const named = (skill: number): Level => LEVELS[skill] ?? 'unclassified';
const rightly = (town: Town, people: readonly Habits[]): number => people.filter(({ id, skill }) => town.levelOf(id) === named(skill)).length / people.length;
const levelsOf = (town: Town, people: readonly Habits[]): Level[] => people.map(({ id }) => town.levelOf(id));

test('people get the level of their skill', () => {
  assert.ok(rightly(settled(PEOPLE), PEOPLE) > 0.9);
});

test('12 machines, by role or by what they do, change no level of anybody', () => {
  const without = levelsOf(settled(PEOPLE), PEOPLE);
  for (const kind of [{ role: 'service', actions: 60 }, { actions: 900 }]) {
    const bots = crowd('bot', [0, 0, 12], kind);
    const town = settled([...bots, ...PEOPLE]);
    assert.deepEqual(levelsOf(town, PEOPLE), without);
    assert.deepEqual(levelsOf(town, bots), bots.map(() => 'machine'));
  }
});

test('12 scripts that pass for people, on the platform of the paper, do not take the experts over', () => {
  const paper = crowd('p', [190, 118, 85]);
  const bots = crowd('bot', [0, 0, 12], { actions: 400, stages: ['deployment'], away: [0, 7 * 5] });
  const [town, without] = [createTown([...bots, ...paper], 9), createTown(paper, 9)];
  const decisions = [4, 5, 6, 7, 8].map((week) => {
    without.monday(week);
    return town.monday(week).record.decision;
  });
  assert.deepEqual(decisions.slice(3), ['kept', 'kept'], 'from when they have been there for eight days');
  assert.deepEqual(levelsOf(town, paper), levelsOf(without, paper));
});

test('specialists of one stage have the level of their skill', () => {
  const specialists = crowd('s', SKILLS, { stages: ['training'] });
  assert.ok(rightly(settled([...specialists, ...PEOPLE]), specialists) >= 0.85, String(rightly(settled([...specialists, ...PEOPLE]), specialists)));
});

test('part-timers of about three days a week have the level of their skill; who is hardly there is infrequent', () => {
  const partTimers = crowd('h', SKILLS, { presence: 0.6 });
  const visitors = crowd('v', SKILLS, { presence: 0.2 });
  const town = settled([...partTimers, ...visitors, ...PEOPLE]);
  assert.ok(rightly(town, partTimers) >= 0.85, String(rightly(town, partTimers)));
  const infrequent = levelsOf(town, visitors).filter((level) => level === 'infrequent').length;
  assert.ok(infrequent > visitors.length * 0.8, String(infrequent));
});

test('two weeks of holiday: who was away has the same level after it, and nobody else another one for it', () => {
  const away = crowd('a', SKILLS, { away: [7 * 5, 7 * 7] });
  const town = createTown([...away, ...PEOPLE], 10);
  for (const week of [4, 5]) town.monday(week);
  const before = levelsOf(town, away);
  for (const week of [6, 7]) town.monday(week);
  const during = levelsOf(town, away).filter((level, i) => level !== before[i]).length;
  for (const week of [8, 9]) town.monday(week);
  const after = levelsOf(town, away).filter((level, i) => level !== before[i]).length;
  assert.ok(during <= 3 && after <= 3, `${String(during)} during, ${String(after)} after, of ${String(away.length)}`);
  assert.ok(rightly(town, PEOPLE) > 0.9);
});

test('when more than a quarter leaves for a month, the model is kept and nobody changes level', () => {
  const away = crowd('a', [130, 80, 60], { away: [7 * 5, 7 * 9] });
  const town = createTown([...away, ...PEOPLE], 9);
  for (const week of [4, 5]) town.monday(week);
  const before = town.levels();
  const [decisions, moved] = [[] as string[], [] as number[]];
  for (const week of [6, 7, 8, 9]) {
    const levels = town.levels();
    const { record } = town.monday(week);
    decisions.push(record.decision);
    if (record.decision === 'kept') assert.deepEqual(town.levels(), levels);
    moved.push(PEOPLE.filter(({ id }) => town.levelOf(id) !== before.get(id)).length);
  }
  assert.ok(decisions.includes('kept'), decisions.join());
  assert.ok(moved.every((count) => count <= PEOPLE.length * 0.03), moved.join());
});

test('training again on identical data: 0 labels change, however often', () => {
  for (const prefix of ['p', 'q', 'r']) {
    const town = createTown(crowd(prefix, [95, 60, 42]), 6);
    town.monday(4);
    town.monday(5);
    const levels = town.levels();
    for (const again of [6, 7, 8]) {
      const { record } = town.monday(again, 5);
      assert.equal(record.moved_model, 0);
      assert.deepEqual(town.levels(), levels);
    }
  }
});

test('the order in which people come changes nothing', () => {
  assert.deepEqual([...settled([...PEOPLE].reverse()).levels()].reverse(), [...settled(PEOPLE).levels()]);
});
