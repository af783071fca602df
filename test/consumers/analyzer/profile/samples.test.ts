/** The five earliest signals of a finding, and machines among them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { insertSample } from '../../../../consumers/analyzer/profile/sampleEntries.ts';
import type { SampleEntry } from '../../../../consumers/analyzer/profile/sampleEntries.ts';
import { createSamples } from '../../../../consumers/analyzer/profile/samples.ts';

const KEY = { feature: 'f', class: 'action' as const, what: 'used' };
const WINDOW = { first: 10, last: 23 };
const everyone = (): boolean => true;

test('the five earliest, in any order of arrival, an event once', () => {
  const entry = fc.tuple(fc.nat(9), fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.constant('u'));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
      const kept: SampleEntry[] = [];
      for (const one of entries) insertSample(kept, one);
      const sorted = [...entries].sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
      assert.deepEqual(kept, sorted.filter(([, id], at) => sorted.findIndex((other) => other[1] === id) === at).slice(0, 5));
    }),
  );
});

test('says what changed, and nothing once the window has left it', () => {
  const samples = createSamples();
  samples.add(samples.kindOf(KEY), 10, { occurred_at: 1, event_id: 'x' }, 'u', false);
  assert.deepEqual(samples.drain(WINDOW, false, everyone), [{ feature: 'f', signal_class: 'action', what: 'used', earliest: [[1, 'x']] }]);
  assert.deepEqual(samples.drain(WINDOW, false, everyone), []);
  samples.touchDay(10);
  assert.deepEqual(samples.drain({ first: 11, last: 24 }, false, everyone), [{ feature: 'f', signal_class: 'action', what: 'used', earliest: [] }]);
  assert.deepEqual(samples.dropDay(10), [KEY]);
  assert.deepEqual(samples.drain({ first: 25, last: 38 }, true, everyone), []);
  assert.equal(samples.get(KEY, 10), undefined);
});

test("a machine's samples push no one else's out, and go and come with the level", () => {
  const samples = createSamples();
  for (let i = 0; i < 9; i++) samples.add(samples.kindOf(KEY), 12, { occurred_at: i, event_id: `m${String(i)}` }, 'bot', true);
  samples.add(samples.kindOf(KEY), 12, { occurred_at: 100, event_id: 'x' }, 'u', false);
  const said = (counted: (user: string) => boolean): readonly string[] => samples.drain(WINDOW, true, counted)[0]?.earliest.map(([, id]) => id) ?? [];
  assert.deepEqual(said((user) => user !== 'bot'), ['x']);
  assert.deepEqual(said(everyone), ['m0', 'm1', 'm2', 'm3', 'm4']);
});

test('a user who turns out to be a machine has pushed no one else\'s out', () => {
  const entry = fc.record({ occurred_at: fc.nat(40), event_id: fc.uuid(), user: fc.constantFrom('u', 'v', 'bot', 'bot', 'bot', 'bot', 'bot', 'bot', 'bot', 'bot') });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 20, maxLength: 60 }), (entries) => {
      const samples = createSamples();
      for (const one of entries) samples.add(samples.kindOf(KEY), 12, one, one.user, false);
      for (const gone of ['bot', 'u', 'nobody']) {
        const expected = entries.filter(({ user }) => user !== gone).sort((a, b) => a.occurred_at - b.occurred_at || (a.event_id < b.event_id ? -1 : 1)).slice(0, 5);
        assert.deepEqual(samples.drain(WINDOW, true, (user) => user !== gone)[0]?.earliest ?? [], expected.map(({ occurred_at, event_id }) => [occurred_at, event_id]));
      }
    }),
  );
});
