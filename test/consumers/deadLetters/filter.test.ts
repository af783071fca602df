import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYTHING, matchesLetter, matchesOriginal, namesSomething, type Filter } from '../../../consumers/deadLetters/filter.ts';
import { event, letter, NOW } from './world.ts';

const record = letter([1, 2], { reason: 'too_late', step: 'checkLateness', event_id: 'e1', failed_at: NOW });
const inTopic = { record, partition: 1, offset: 5 };

const cases: readonly (readonly [Partial<Filter>, boolean])[] = [
  [{}, true],
  [{ id: record.dead_letter_id }, true], [{ id: record.dead_letter_id.slice(0, 8) }, false],
  [{ reasons: new Set(['future', 'too_late']) }, true], [{ reasons: new Set(['future']) }, false],
  [{ step: 'checkLateness' }, true], [{ step: 'enrich' }, false],
  [{ eventId: 'e1' }, true], [{ eventId: 'e2' }, false],
  [{ partition: 1 }, true], [{ partition: 0 }, false],
  [{ since: NOW }, true], [{ since: NOW + 1 }, false], [{ until: NOW + 1 }, true], [{ until: NOW }, false],
  [{ reasons: new Set(['too_late']), step: 'enrich' }, false],
];
for (const [over, expected] of cases) {
  test(`${JSON.stringify({ ...over, ...(over.reasons === undefined ? {} : { reasons: [...(over.reasons ?? [])] }) })}: ${expected ? 'matches' : 'does not match'}`, () => {
    assert.equal(matchesLetter(inTopic, { ...EVERYTHING, ...over }), expected);
  });
}

test('user and feature are those of the event, or of the JSON that the collector refused; where nothing can be read nothing matches', () => {
  const filter = { ...EVERYTHING, user: 'ada', feature: 'notebook' };
  assert.equal(matchesOriginal({ kind: 'event', event: event() }, filter), true);
  assert.equal(matchesOriginal({ kind: 'event', event: event({ user_id: 'grace' }) }, filter), false);
  assert.equal(matchesOriginal({ kind: 'json', value: { user_id: 'ada', feature: 'notebook' } }, filter), true);
  assert.equal(matchesOriginal({ kind: 'json', value: ['ada'] }, filter), false);
  assert.equal(matchesOriginal({ kind: 'json', value: { user_id: 7, feature: 'notebook' } }, filter), false);
  assert.equal(matchesOriginal({ kind: 'bytes', why: '' }, filter), false);
  assert.equal(matchesOriginal({ kind: 'nothing' }, EVERYTHING), true);
});

test('a filter that names nothing says so, a partition 0 is something', () => {
  assert.equal(namesSomething(EVERYTHING), false);
  assert.equal(namesSomething({ ...EVERYTHING, partition: 0 }), true);
});
