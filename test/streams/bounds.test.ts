/** Memory is bounded by events as well as by time: what the bound takes away is refused, never counted twice, and the same after a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_EVENT_BYTES, MAX_TASKS_BYTES, MAX_TASKS_PER_USER } from '../../streams/limits.ts';
import { createTasks, taskKey } from '../../streams/state/tasks.ts';
import { DAY, HOUR, T0, clock, createHarness, event, finished, started, type Harness, whole } from './harness.ts';

const eventIds = ({ signals }: ReturnType<Harness['outputs']>): string[] => signals.map(({ record }) => record.event_id);

test('past the number of events to remember, the oldest hours are forgotten early, and what is as old is too late, never twice', async () => {
  const harness = await createHarness({ dedupeMaxEvents: 10 });
  const hours = [0, 1, 2, 3].map((hour) => Array.from({ length: 4 }, (_, n) => event({ event_id: `${hour}-${n}`, occurred_at: T0 + hour * HOUR })));
  for (const events of hours) harness.feed(...events);
  await harness.run();
  assert.equal(harness.outputs().deadLetters.length, 0);
  assert.ok(harness.task().status().rememberedEvents <= 12, 'the latest two hours are kept, however full');
  await harness.restart();
  // The first hour is forgotten (16 events, 10 remembered): its duplicates cannot be told from new ones. The others are known.
  harness.feed(...hours.flat(), event({ event_id: 'new', occurred_at: T0 + 2 * HOUR }));
  await harness.run();
  const { deadLetters, signals } = harness.outputs();
  assert.deepEqual([...new Set(deadLetters.map(({ reason }) => reason))], ['too_late']);
  assert.match(deadLetters[0]?.detail ?? '', /CHOKEPOINT_DEDUPE_MAX_EVENTS/);
  assert.equal(new Set(eventIds({ ...harness.outputs(), signals })).size, signals.length);
  assert.ok(eventIds(harness.outputs()).includes('new'));
});

test('whatever comes in whatever order, with restarts: no event counts twice, and none is lost without a word', async () => {
  const draw = fc.record({ hour: fc.nat(12), id: fc.nat(30), restart: fc.nat(20) });
  await fc.assert(fc.asyncProperty(fc.array(draw, { maxLength: 120 }), async (draws) => {
    const harness = await createHarness({ dedupeMaxEvents: 8, stepRecords: 5 });
    for (const { hour, id, restart } of draws) {
      harness.feed(event({ event_id: `${hour}-${id}`, occurred_at: T0 + hour * HOUR }));
      await harness.run();
      if (restart === 0) await harness.restart();
    }
    const counted = eventIds(harness.outputs());
    assert.equal(new Set(counted).size, counted.length);
    const told = new Set([...counted, ...harness.outputs().deadLetters.map((letter) => letter.event_id ?? '')]);
    for (const { hour, id } of draws) assert.ok(told.has(`${hour}-${id}`));
  }), { numRuns: 40 });
});

test('10,000 tasks of a user that never finish: timers for all of them, and for no more; each start gives its signal', async () => {
  const harness = await createHarness();
  const extra = 5;
  harness.feed(...Array.from({ length: MAX_TASKS_PER_USER + extra }, (_, n) => started(`t${n}`, T0 + n)));
  await harness.run();
  await harness.restart();
  const { openTasks, taskBytes } = harness.task().status();
  assert.equal(openTasks, MAX_TASKS_PER_USER);
  assert.ok(taskBytes < MAX_TASKS_PER_USER * 1_500, `${taskBytes} bytes`);
  harness.feed(clock(T0 + 2 * DAY));
  await harness.run();
  const { signals } = harness.outputs();
  const abandoned = signals.filter(({ record }) => 'outcome' in record && record.outcome === 'abandoned');
  assert.equal(abandoned.length, MAX_TASKS_PER_USER);
  assert.equal(signals.length, MAX_TASKS_PER_USER * 3 + extra);
});

test('starts of the largest size are remembered up to the bound in bytes; a finish makes room', () => {
  const tasks = createTasks();
  const start = whole(Buffer.alloc(MAX_EVENT_BYTES));
  const open = (n: number): boolean => tasks.open({ status: 'open', key: taskKey(`u${n}`, 't'), deadline: 10, user: `u${n}`, eventId: String(n), startedAt: 0, start, expectedMs: null });
  const most = Math.floor(MAX_TASKS_BYTES / MAX_EVENT_BYTES);
  let remembered = 0;
  while (remembered <= most && open(remembered)) remembered += 1;
  assert.equal(remembered, most - 1);
  assert.ok(tasks.size().bytes <= MAX_TASKS_BYTES);
  assert.equal(open(remembered), false);
  tasks.close(taskKey('u0', 't'));
  assert.equal(open(remembered), true);
  for (let n = 1; n <= remembered; n++) tasks.close(taskKey(`u${n}`, 't'));
  assert.deepEqual(tasks.size(), { open: 0, abandoned: 0, bytes: 0 });
});

test('the bound in bytes holds for tasks that begin again after they were abandoned, too', () => {
  const tasks = createTasks();
  const start = whole(Buffer.alloc(MAX_EVENT_BYTES));
  const most = Math.floor(MAX_TASKS_BYTES / MAX_EVENT_BYTES);
  const small = (n: number) => ({ status: 'open', key: taskKey(`u${n}`, 't'), deadline: 10, user: `u${n}`, eventId: String(n), startedAt: 0, start: whole(Buffer.alloc(1)), expectedMs: null }) as const;
  for (let n = 0; n < most + 5; n++) tasks.open(small(n));
  for (let task = tasks.due(11); task !== undefined; task = tasks.due(11)) tasks.abandon(task, 11);
  const again = Array.from({ length: most + 5 }, (_, n) => tasks.open({ ...small(n), start })).filter(Boolean).length;
  assert.ok(again < most && tasks.size().bytes <= MAX_TASKS_BYTES);
});

test('an event of the largest size passes whole, and its start fires whole', async () => {
  const harness = await createHarness();
  const properties = { notes: 'x'.repeat(MAX_EVENT_BYTES - 1_000) };
  harness.feed(started('t', T0, { properties }), finished('u', T0 + 1, { properties, waiting_ms: 5, error: { code: 'E', message: '', cause: 'user' } }), clock(T0 + 2 * DAY));
  await harness.run();
  const { signals } = harness.outputs();
  assert.deepEqual(signals.map(({ class: kind }) => kind), ['action', 'action', 'error', 'time', 'action', 'time']);
  for (const { record } of signals) assert.equal(record.properties['notes']?.length, MAX_EVENT_BYTES - 1_000);
});
