/** Time comes from the log: watermark, timers, pairs, lateness. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, T0, clock, createHarness, event, feature, finished, idOf, started, type Input, type SignalRecord } from './harness.ts';

const TIMEOUT = 24 * HOUR;

/** `offset.ordinal class what +hours of occurred_at/watermark` of each signal, in order. */
const line = ({ class: signalClass, record }: SignalRecord): string => {
  const what = 'outcome' in record ? `${record.task_id ?? ''} ${String(record.outcome)}` : 'measure' in record ? `${record.measure} ${record.duration_ms}${record.censored ? ' censored' : ''}` : record.code;
  const hours = (at: number): number => (at - T0) / HOUR;
  const marks = [record.properties['timer'] === 'true' ? ' timer' : '', record.properties['late'] === 'true' ? ' late' : ''].join('');
  return `${record.origin_offset}.${record.ordinal} ${signalClass} ${what} at ${hours(record.occurred_at)} watermark ${hours(record.watermark)}${marks}`;
};

async function linesOf(...inputs: Input[]): Promise<string[]> {
  const harness = await createHarness();
  harness.feed(...inputs);
  await harness.run();
  return harness.outputs().signals.map(line);
}

test('a timer fires when the watermark is past the deadline, before the record that moved it there', async () => {
  assert.deepEqual(await linesOf(started('t', T0), event({ occurred_at: T0 + TIMEOUT + HOUR })), [
    '0.0 action t started at 0 watermark 0',
    '1.0 action t abandoned at 24 watermark 24 timer',
    '1.1 time completion 86400000 censored at 24 watermark 24 timer',
    '1.2 action  null at 25 watermark 25',
  ]);
});

test('a clock fires timers as well, and gives no signal of its own', async () => {
  assert.deepEqual(await linesOf(started('t', T0), clock(T0 + TIMEOUT), clock(T0 + TIMEOUT + 1)), [
    '0.0 action t started at 0 watermark 0',
    '2.0 action t abandoned at 24 watermark 24 timer',
    '2.1 time completion 86400000 censored at 24 watermark 24 timer',
  ]);
});

test('a finish exactly at the deadline still pairs', async () => {
  assert.deepEqual(await linesOf(started('t', T0), clock(T0 + TIMEOUT), finished('t', T0 + TIMEOUT), clock(T0 + 9 * DAY)), [
    '0.0 action t started at 0 watermark 0',
    '2.0 action t completed at 24 watermark 24',
    '2.1 time completion 86400000 at 24 watermark 24',
  ]);
});

test('a finish past the deadline is late, and so is every further one', async () => {
  assert.deepEqual(await linesOf(started('t', T0), finished('t', T0 + TIMEOUT + HOUR, { waiting_ms: HOUR }), finished('t', T0 + TIMEOUT + HOUR)), [
    '0.0 action t started at 0 watermark 0',
    '1.0 action t abandoned at 24 watermark 24 timer',
    '1.1 time completion 86400000 censored at 24 watermark 24 timer',
    '1.2 action t completed at 25 watermark 25 late',
    '1.3 time completion 86400000 at 25 watermark 25 late',
    '1.4 time waiting 3600000 at 25 watermark 25 late',
    '2.0 action t completed at 25 watermark 25 late',
    '2.1 time completion 90000000 at 25 watermark 25 late',
  ]);
});

test('28 days of watermark after its timer, a task is forgotten, and a finish is one without a start', async () => {
  const late = T0 + TIMEOUT + 28 * DAY;
  const last = async (at: number): Promise<string | undefined> => (await linesOf(started('t', T0), finished('t', at))).at(-1);
  assert.match((await last(late)) ?? '', /completion .* late$/);
  assert.equal(await last(late + 1), `1.2 action t completed at ${(late + 1 - T0) / HOUR} watermark ${(late + 1 - T0) / HOUR}`);
});

test('timers fire in the order of deadlines, then event ids, each with its own watermark', async () => {
  const at = T0 + HOUR;
  assert.deepEqual(
    (await linesOf(started('late', at, { event_id: 'a' }), started('second', T0, { event_id: 'c' }), started('first', T0, { event_id: 'b', user_id: 'bob' }), clock(T0 + 3 * DAY))).filter((one) => one.includes('abandoned')),
    ['3.0 action first abandoned at 24 watermark 24 timer', '3.2 action second abandoned at 24 watermark 24 timer', '3.4 action late abandoned at 25 watermark 25 timer'],
  );
});

test('a deadline that has passed already fires at once, after its start, with the watermark there is', async () => {
  assert.deepEqual(await linesOf(event({ occurred_at: T0 + 30 * HOUR }), started('t', T0, { waiting_ms: 7 })), [
    '0.0 action  null at 30 watermark 30',
    '1.0 action t started at 0 watermark 30',
    '1.1 time waiting 7 at 0 watermark 30',
    '1.2 action t abandoned at 24 watermark 30 timer',
    '1.3 time completion 86400000 censored at 24 watermark 30 timer',
  ]);
  assert.deepEqual((await linesOf(event({ occurred_at: T0 + TIMEOUT }), started('t', T0))).length, 2, 'at the deadline it has not passed');
});

test('a second start of a running task sets no second timer, and the first one counts', async () => {
  assert.deepEqual(await linesOf(started('t', T0), started('t', T0 + HOUR), finished('t', T0 + 2 * HOUR), clock(T0 + 9 * DAY)), [
    '0.0 action t started at 0 watermark 0',
    '1.0 action t started at 1 watermark 1',
    '2.0 action t completed at 2 watermark 2',
    '2.1 time completion 7200000 at 2 watermark 2',
  ]);
  const abandoned = (await linesOf(started('t', T0), started('t', T0 + HOUR), clock(T0 + 9 * DAY))).filter((one) => one.includes('timer'));
  assert.deepEqual(abandoned, ['2.0 action t abandoned at 24 watermark 24 timer', '2.1 time completion 86400000 censored at 24 watermark 24 timer']);
});

test('after its end a task may begin anew: with a timer, and in time', async () => {
  const again = started('t', T0 + 3 * DAY);
  assert.deepEqual((await linesOf(started('t', T0), clock(T0 + 2 * DAY), again, finished('t', T0 + 3 * DAY + HOUR))).slice(-2), ['3.0 action t completed at 73 watermark 73', '3.1 time completion 3600000 at 73 watermark 73']);
});

test('pairs are of one user', async () => {
  assert.deepEqual((await linesOf(started('t', T0), finished('t', T0 + HOUR, { user_id: 'bob' }))).at(-1), '1.0 action t completed at 1 watermark 1');
});

test('an event out of order does not move the watermark back', async () => {
  assert.deepEqual(await linesOf(event({ occurred_at: T0 + 2 * HOUR }), event({ occurred_at: T0 })), ['0.0 action  null at 2 watermark 2', '1.0 action  null at 0 watermark 2']);
});

test('what a timer says is what was known at the start, whatever the catalog says later', async () => {
  const harness = await createHarness();
  harness.users([{ user_id: 'ada', team: 'vision', role: 'engineer', org: 'lab', joined_at: 5 }]);
  harness.features([feature('sweep', { task_timeout_ms: HOUR, expected_ms: 10, tool: 'ray' })]);
  const start = started('t', T0, { feature: 'sweep', session_id: 's', release: 'r', source: 'sdk', action: 'tune', received_at: 77, properties: { a: 'b' } });
  harness.feed(start);
  await harness.run();
  harness.users([{ user_id: 'ada', team: 'audio', role: 'lead', org: 'lab', joined_at: 5 }]);
  harness.features([feature('sweep', { task_timeout_ms: 9 * HOUR, expected_ms: 99, tool: 'other', stage: 'data' })]);
  await harness.restart();
  harness.feed(clock(T0 + HOUR + 1));
  await harness.run();
  const [, action, time] = harness.outputs().signals;
  const head = {
    event_id: start.event_id, user_id: 'ada', session_id: 's', occurred_at: T0 + HOUR, received_at: 77, source: 'sdk', stage: 'training', feature: 'sweep', tool: 'ray', user: { team: 'vision', role: 'engineer', org: 'lab', joined_at: 5 },
    release: 'r', origin_offset: 1, watermark: T0 + HOUR, properties: { a: 'b', timer: 'true' },
  };
  assert.deepEqual(action?.record, { signal_id: idOf('ada', start.event_id, { class: 'action', outcome: 'abandoned' }), ...head, ordinal: 0, action: 'tune', task_id: 't', outcome: 'abandoned' });
  assert.deepEqual(time?.record, { signal_id: idOf('ada', start.event_id, { class: 'time', measure: 'completion', duration_ms: 0, expected_ms: null, censored: true }), ...head, ordinal: 1, measure: 'completion', duration_ms: HOUR, expected_ms: 10, censored: true });
});

test('a start is remembered as it was, whatever is written after it', async () => {
  const harness = await createHarness();
  harness.feed(started('t', T0, { event_id: 'start', properties: { a: 'b' } }));
  await harness.run();
  for (let step = 0; step < 3; step++) {
    harness.feed(...Array.from({ length: 50 }, () => event({ occurred_at: T0 + HOUR, session_id: 'another' })));
    await harness.run();
  }
  harness.feed(clock(T0 + TIMEOUT + 1));
  await harness.run();
  const fired = harness.outputs().signals.filter(({ record }) => record.properties['timer'] === 'true');
  assert.deepEqual(fired.map(({ record }) => [record.event_id, record.session_id, record.properties]), Array.from({ length: 2 }, () => ['start', null, { a: 'b', timer: 'true' }]));
});

test('the watermark is moved by duplicates, clocks and dead letters for other reasons, not by impossible times or wrong partitions', async () => {
  const watermarkAfter = async (partitions: number, ...inputs: Input[]): Promise<number | null> => {
    const harness = await createHarness({ partitions });
    harness.feed(...inputs);
    await harness.run();
    return harness.task().status().watermark;
  };
  const later = T0 + HOUR;
  assert.equal(await watermarkAfter(1, event({ event_id: 'x' }), event({ event_id: 'x', occurred_at: later })), later);
  assert.equal(await watermarkAfter(1, event(), clock(later)), later);
  assert.equal(await watermarkAfter(1, event(), event({ occurred_at: later, feature: 'unheard of' })), later);
  assert.equal(await watermarkAfter(1, event(), event({ occurred_at: later, action: null })), later);
  assert.equal(await watermarkAfter(1, event(), { value: event({ occurred_at: later }), timestamp: later - 300_001 }), T0);
  assert.equal(await watermarkAfter(1, { value: event({ occurred_at: T0 - 500 * DAY }), timestamp: T0 }), null);
  assert.equal(await watermarkAfter(1, { value: null }), null);
  const wrong = Array.from({ length: 9 }, (_, i) => `user-${i}`).map((user_id) => event({ user_id, occurred_at: later }));
  assert.equal(await watermarkAfter(1_000, ...wrong), null);
  assert.equal(await watermarkAfter(1_000, ...wrong, clock(T0)), T0);
});
