/** What the stream told, over what the tables say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTold, withCard } from '../../../consumers/dashboard/page/told.ts';
import type { Action, Card, CardState, NowShape } from '../../../consumers/dashboard/shapes.ts';

const card = (challenge_id: string, changes: Partial<Card> = {}): Card => ({
  challenge_id, rule_id: 'error-novices', dimension: 'ET', stage: 'data', feature: 'f', title: 'F', signal_class: 'error', status: 'opened', opened_at: 100, evaluated_at: 100, resolved_at: null, resolution: null, summary: '', group_id: 'g', affected: 6, eligible: 9, state: null, ...changes,
});
const shape = (open: readonly Card[], resolved: readonly Card[] = []): NowShape => ({ open, resolved, latest_event_at: 1, levels: [] });
const ended: Partial<Card> = { status: 'resolved', evaluated_at: 200, resolved_at: 200, resolution: 'recovered' };
const action = (kind: Action['kind']): Action => ({ action_id: kind, challenge_id: 'a', kind, at: 5, by: 'grace', until: null, assignee: null, text: null });
const NOTHING: CardState = { acknowledged_by: null, snoozed_until: null, assignee: null, fixed_at: null, useful: 0, not_useful: 0, comments: 0 };

test('a card that opens comes first, one that is known stays where it is with what people did, one that is resolved goes to those', () => {
  const before = shape([card('a', { state: { ...NOTHING, fixed_at: 7 } }), card('b')]);
  assert.deepEqual(withCard(before, card('c')).open.map(({ challenge_id }) => challenge_id), ['c', 'a', 'b']);
  const updated = withCard(before, card('a', { status: 'updated', evaluated_at: 150, affected: 8 }));
  assert.deepEqual(updated.open.map(({ challenge_id, affected, state }) => [challenge_id, affected, state?.fixed_at]), [['a', 8, 7], ['b', 6, undefined]]);
  const { open, resolved } = withCard(shape(before.open, [card('d', ended)]), card('a', ended));
  assert.deepEqual([open.map(({ challenge_id }) => challenge_id), resolved.map(({ challenge_id }) => challenge_id)], [['b'], ['a', 'd']]);
});

test('what the tables know from a later tick stays', () => {
  const later = shape([], [card('a', ended)]);
  assert.equal(withCard(later, card('a')), later);
  assert.deepEqual(withCard(shape([card('a', { evaluated_at: 150 })]), card('a', ended)).open, []);
});

test('an answer from before what was told does not take it back; after a while the tables are right', () => {
  let now = 0;
  const told = createTold(() => now);
  told.card(card('a'));
  told.card(card('b', ended));
  const old = shape([card('b')]);
  assert.deepEqual([told.over(old).open.map(({ challenge_id }) => challenge_id), told.over(old).resolved.map(({ challenge_id }) => challenge_id)], [['a'], ['b']]);
  told.action(action('acknowledged'));
  assert.equal(told.over(old).open[0]?.state?.acknowledged_by, 'grace');
  now = 31_000;
  assert.equal(told.over(old).open[0]?.state, null);
  now = 600_001;
  assert.equal(told.over(old), old);
});
