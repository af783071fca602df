import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionOf } from '../../../schemas/partition.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { checkPartition } from '../../../streams/steps/checkPartition.ts';
import { checkLateness, checkTime } from '../../../streams/steps/checkTime.ts';
import { originOf } from '../../../streams/steps/dedupe.ts';
import { validate } from '../../../streams/steps/validate.ts';
import { DAY, HOUR, T0, clock, event, finished, started, viewOf } from '../harness.ts';

const MINUTE = 60_000;
const reasonOf = (result: { kind: string; reason?: string }): string => (result.kind === 'deadLetter' ? (result.reason ?? '') : result.kind);

const TIMES: readonly (readonly [what: string, occurredAt: number, result: string])[] = [
  ['as the broker says', T0, 'ok'],
  ['exactly 5 minutes ahead', T0 + 5 * MINUTE, 'ok'],
  ['more than 5 minutes ahead', T0 + 5 * MINUTE + 1, 'future'],
  ['exactly 400 days behind', T0 - 400 * DAY, 'ok'],
  ['more than 400 days behind', T0 - 400 * DAY - 1, 'too_old'],
  ['seconds taken for milliseconds', T0 / 1_000, 'too_old'],
  ['beyond what a date can be', 9e15, 'future'],
];
for (const [what, occurred_at, result] of TIMES) {
  test(`occurred_at ${what}: ${result}`, () => { assert.equal(reasonOf(checkTime(event({ occurred_at }), T0)), result); });
}

const LATENESS: readonly (readonly [what: string, behind: number, replayed: boolean, result: string])[] = [
  ['at the end of the window', 72 * HOUR, false, 'ok'],
  ['past it', 72 * HOUR + 1, false, 'too_late'],
  ['past it, but a replayed dead letter', 98 * DAY, true, 'ok'],
  ['a replayed dead letter from before the origins that are known', 99 * DAY + 1, true, 'too_late'],
];
for (const [what, behind, replayed, result] of LATENESS) {
  test(`behind the watermark ${what}: ${result}`, () => { assert.equal(reasonOf(checkLateness(event({ occurred_at: T0 - behind }), { watermark: T0, windowMs: 72 * HOUR, floor: T0 - 99 * DAY }, replayed)), result); });
}

test('an event belongs to the partition of its user, a clock to every one', () => {
  const right = partitionOf('ada', 4);
  for (let partition = 0; partition < 4; partition++) {
    assert.equal(reasonOf(checkPartition(viewOf(event()), partition, 4)), partition === right ? 'ok' : 'wrong_partition');
    assert.equal(reasonOf(checkPartition(viewOf(clock(T0)), partition, 4)), 'ok');
  }
});

const INVALID: readonly (readonly [event: PlatformEvent, says: RegExp])[] = [
  [event({ event_id: '' }), /^event_id is empty/],
  [event({ user_id: '' }), /^user_id is empty/],
  [event({ feature: '' }), /^feature is empty/],
  [event({ action: null }), /^action is missing: an event of type interaction/],
  [event({ action: '' }), /^action is missing/],
  [event({ type: 'error' }), /^error\.code is missing/],
  [event({ type: 'error', error: { code: '', message: 'm', cause: 'user' } }), /^error\.code is missing/],
  [event({ type: 'timing' }), /^duration_ms is missing/],
  [started('', T0), /^task_id is missing/],
  [event({ type: 'task_started' }), /^task_id is missing: an event of type task_started/],
  [finished('t', T0, { task_id: null }), /^task_id is missing/],
  [finished('t', T0, { outcome: null }), /^outcome is missing/],
  [finished('t', T0, { error: { code: '', message: '', cause: 'user' } }), /^error\.code is empty/],
  [event({ type: 'timing', duration_ms: -1 }), /^duration_ms is -1/],
  [event({ waiting_ms: -5 }), /^waiting_ms is -5/],
  [event({ user_id: 'a\u0000b' }), /^user_id has a control character/],
  [started('a\nb', T0), /^task_id has a control character/],
  [event({ event_id: 'x'.repeat(257) }), /^event_id has 257 characters/],
  [event({ release: 'x'.repeat(257) }), /^release has 257 characters/],
  [event({ properties: { ['k'.repeat(257)]: 'v' } }), /^properties has a key of 257/],
  [event({ properties: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, ''])) }), /^properties has more than 256/],
];
for (const [wrong, says] of INVALID) {
  test(`invalid: ${says.source}`, () => {
    const result = validate(viewOf(wrong));
    assert.ok(result.kind === 'deadLetter' && result.reason === 'invalid');
    assert.match(result.detail, says);
  });
}

const VALID: readonly (readonly [string, PlatformEvent])[] = [
  ['interaction', event()],
  ['interaction without a duration', event({ duration_ms: 0, waiting_ms: 0 })],
  ['error with an empty message', event({ type: 'error', action: null, error: { code: 'E', message: '', cause: 'unknown' } })],
  ['timing', event({ type: 'timing', action: null, duration_ms: 0 })],
  ['start', started('t', T0)],
  ['finish', finished('t', T0)],
  ['ids in any script', event({ user_id: 'Åsa/宇', event_id: 'é' })],
];
for (const [what, right] of VALID) test(`valid: ${what}`, () => { assert.equal(reasonOf(validate(viewOf(right))), 'ok'); });

test('an origin is topic/partition/offset, and anything else is none', () => {
  assert.equal(originOf('platform.events/3/17'), 'platform.events/3/17');
  for (const header of [undefined, '', 'platform.events/3', 'a/b/c', 'platform.events/3/17/', `${'x'.repeat(300)}/1/1`]) assert.equal(originOf(header), null);
});
