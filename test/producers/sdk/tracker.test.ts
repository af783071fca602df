import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Details, Problem, TrackedEvent, Tracker } from '../../../producers/sdk/core/types.ts';
import { START, answer, track } from './tracked.ts';

/** What the types forbid and JavaScript does not. */
const anything = (value: unknown): never => value as never;
const NONE = { queue_full: 0, too_large: 0, invalid: 0, before_send: 0, no_consent: 0, unreadable: 0 };

test('each call is an event; a batch goes after two seconds or 500 events, stamped with the moment it goes', async () => {
  const { tracker, requests, pass } = track({ session_id: 's', release: '1.0', source: 'web' });
  tracker.interaction('notebooks', 'open', { properties: { rows: 3 } });
  tracker.error('notebooks', Object.assign(new Error('no GPUs'), { code: 'QUOTA', cause: 'quota' }));
  tracker.time('notebooks', 1_234.5, { occurred_at: new Date(START - 60_000), waiting_ms: 200 });
  await pass(1_999);
  assert.equal(requests.length, 0);
  await pass(1);
  assert.deepEqual(requests[0]?.map(({ event_id, ...rest }) => ({ ...rest, event_id: event_id.length })), [
    { type: 'interaction', action: 'open', properties: { rows: '3' }, occurred_at: START },
    { type: 'error', error: { code: 'QUOTA', message: 'no GPUs', cause: 'quota' }, occurred_at: START },
    { type: 'timing', duration_ms: 1_235, waiting_ms: 200, occurred_at: START - 60_000 },
  ].map((rest) => ({ ...rest, event_id: 36, user_id: 'ada', session_id: 's', source: 'web', release: '1.0', feature: 'notebooks', sent_at: START + 2_000 })));
  for (let n = 0; n < 500; n++) tracker.interaction('notebooks', 'open');
  assert.equal(requests.length, 1, 'not in the caller\'s time');
  await pass(0);
  assert.equal(requests[1]?.length, 500);
  assert.deepEqual(tracker.stats(), { state: 'on', queued: 0, acknowledged: 503, rejected: 0, dropped: NONE, retries: 0, problem: null });
});

test('users: of the options, of identify, of as, of the call; nobody is nobody', async () => {
  const { tracker, requests, pass } = track();
  tracker.interaction('f', 'a');
  tracker.as({ user_id: 'bob', session_id: 'b1' }).interaction('f', 'a');
  tracker.interaction('f', 'a', { user_id: 'eve' });
  tracker.identify({ user_id: 'cyd' });
  tracker.interaction('f', 'a');
  tracker.identify(null);
  tracker.interaction('f', 'a');
  await pass(2_000);
  assert.deepEqual(requests[0]?.map(({ user_id, session_id }) => [user_id, session_id]), [['ada', undefined], ['bob', 'b1'], ['eve', undefined], ['cyd', undefined]]);
  assert.equal(tracker.stats().dropped.invalid, 1);
});

test('the same events, with the same ids, until the collector has them; what it refuses is counted', async () => {
  const world = track();
  const answers = [answer(0), answer(503, { retryAfter: '5' }), answer(202, { rejected: 1, detail: 'invalid: no' })];
  world.answer = () => answers.shift() ?? answer(202);
  world.tracker.interaction('f', 'a');
  world.tracker.interaction('f', 'b');
  await world.pass(60_000);
  const ids = world.requests.map((events) => events.map(({ event_id }) => event_id));
  assert.deepEqual([ids.length, new Set(ids.map(String)).size], [3, 1]);
  const [first, second, third] = world.requests.map((events) => events[0]?.sent_at ?? 0);
  assert.ok((third ?? 0) - (second ?? 0) >= 5_000 && (second ?? 0) > (first ?? 0));
  const { queued, acknowledged, rejected, retries } = world.tracker.stats();
  assert.deepEqual({ queued, acknowledged, rejected, retries }, { queued: 0, acknowledged: 1, rejected: 1, retries: 2 });
  assert.equal(world.kept.size, 0, 'and the journal has let go');
});

test('a full queue drops newcomers, counts them, and says so once', async () => {
  const problems: Problem[] = [];
  const world = track({ queue_events: 5, onProblem: (problem) => { problems.push(problem); } });
  world.answer = () => answer(0);
  for (let n = 0; n < 8; n++) world.tracker.interaction('f', String(n));
  await world.pass(10_000);
  assert.deepEqual([world.tracker.stats().queued, world.tracker.stats().dropped.queue_full], [5, 3]);
  assert.deepEqual(problems.map(({ kind }) => kind), ['dropped', 'unreachable']);
  world.answer = () => answer(202);
  await world.pass(60_000);
  assert.deepEqual(world.requests.at(-1)?.map(({ action }) => action), ['0', '1', '2', '3', '4']);
});

test('beforeSend changes and holds back, before anything is kept; if it throws, the event does not go', async () => {
  const world = track({
    beforeSend: (event) => {
      if (event.action === 'secret') return null;
      if (event.action === 'bug') throw new Error('of the host');
      return { ...event, properties: { mail: '***' } };
    },
  });
  for (const action of ['open', 'secret', 'bug']) world.tracker.interaction('f', action, { properties: { mail: 'ada@example.org' } });
  assert.ok(![...world.kept.values()].join('').includes('example.org'));
  await world.pass(2_000);
  assert.deepEqual(world.requests.flat().map(({ action, properties }) => [action, properties]), [['open', { mail: '***' }]]);
  assert.equal(world.tracker.stats().dropped.before_send, 2);
});

test('without consent nothing is recorded; consent taken back erases what has not gone', async () => {
  const world = track({ consent: false }, { left: [{ id: 'old', text: '{"event_id":"old"}' }] });
  world.tracker.interaction('f', 'before');
  await world.pass(10_000);
  assert.deepEqual([world.requests.length, world.kept.size, world.tracker.stats().state], [0, 0, 'paused']);
  world.tracker.consent(true);
  world.tracker.interaction('f', 'with');
  await world.pass(10_000);
  assert.deepEqual(world.requests.flat().map(({ event_id, action }) => action ?? event_id).sort(), ['old', 'with'], 'also what was recorded with consent in an earlier life');
  world.answer = () => answer(0);
  world.tracker.interaction('f', 'regretted');
  await world.pass(5_000);
  world.tracker.consent(false);
  world.answer = () => answer(202);
  const { length } = world.requests;
  await world.pass(600_000);
  assert.deepEqual([world.requests.length, world.kept.size, world.tracker.stats().queued, world.tracker.stats().dropped.no_consent], [length, 0, 0, 1]);
});

test('off, closed, or with wrong options: every call does nothing, and tasks still run', async () => {
  const said: Problem[] = [];
  const onProblem = (problem: Problem): void => { said.push(problem); };
  const closed = track();
  await closed.tracker.close();
  for (const [world, state] of [[track({}, { enabled: false }), 'off'], [track({ enabled: false }), 'off'], [track({ url: anything(undefined), onProblem }), 'off'], [track({ key: '', onProblem }), 'off'], [closed, 'closed']] as const) {
    world.tracker.interaction('f', 'a');
    assert.equal(world.tracker.task('f', () => 7), 7);
    assert.equal(await world.tracker.flush(), true);
    await world.pass(60_000);
    assert.deepEqual([world.tracker.stats().state, world.requests.length, world.kept.size], [state, 0, 0]);
  }
  assert.deepEqual(said.map(({ kind, detail }) => `${kind} ${detail.split(' ', 1)[0] ?? ''}`), ['options url', 'options key']);
});

test('nothing that a caller does throws', async () => {
  const trap: object = new Proxy({}, { get: () => { throw new Error('trap'); }, ownKeys: () => { throw new Error('trap'); }, has: () => { throw new Error('trap'); } });
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const wild: unknown[] = [undefined, null, 0, NaN, '', 'x', Symbol('s'), 10n, () => 1, [], circular, trap, Object.create(null), new Date(NaN)];
  const world = track({ onProblem: () => { throw new Error('of the host'); } });
  for (const one of wild) {
    for (const other of wild) {
      const [a, b] = [anything(one), anything(other)];
      const details = anything({ user_id: one, properties: other, occurred_at: one, waiting_ms: other, session_id: one });
      world.tracker.interaction(a, b, details);
      world.tracker.interaction('f', 'a', b);
      world.tracker.error(a, b, details);
      world.tracker.time(a, b, details);
      world.tracker.as(a).interaction('f', 'a', b);
      assert.equal(world.tracker.task(a, () => 5, b), 5);
      assert.equal(world.tracker.task('f', (task) => { task.waited(a); return 6; }, details), 6);
    }
    world.tracker.identify(anything(one));
    world.tracker.interaction('f', 'a');
  }
  await world.pass(5_000);
  assert.equal(await world.tracker.flush(), true);
  const { acknowledged, dropped } = world.tracker.stats();
  assert.ok(acknowledged > 0 && dropped.invalid > 0);
});

test('a hook that returns nonsense costs its event', () => {
  for (const result of [undefined, 7, {}, { ...({} as TrackedEvent), event_id: 'x' }]) {
    const { tracker } = track({ beforeSend: () => anything(result) });
    tracker.interaction('f', 'a');
    assert.deepEqual([tracker.stats().queued, tracker.stats().dropped.invalid], [0, 1]);
  }
});

test('flush: true once what was queued is settled, false when time is up; close says what became of all', async () => {
  const world = track();
  world.tracker.interaction('f', 'a');
  const flushed = world.tracker.flush();
  await world.pass(0);
  assert.equal(await flushed, true);
  world.answer = () => answer(0);
  world.tracker.interaction('f', 'a');
  const vain = world.tracker.flush(3_000);
  await world.pass(3_000);
  assert.equal(await vain, false);
  const closing: ReturnType<Tracker['close']> = world.tracker.close(1_000);
  await world.pass(1_000);
  const stats = await closing;
  assert.deepEqual([stats.state, stats.queued, stats.acknowledged], ['closed', 1, 1]);
  assert.equal(world.kept.size, 1, 'for the next life');
});

test('task: start and finish with outcome, duration, waiting and error, for the user that began it', async () => {
  const world = track();
  const details: Details = { properties: { model: 'm1' } };
  assert.equal(world.tracker.task('training', (task) => { task.waited(40); task.waited(2); return 'done'; }, details), 'done');
  const boom = new Error('out of memory');
  assert.throws(() => world.tracker.task('training', () => { throw boom; }), (error) => error === boom);
  const later = world.tracker.task('training', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return 9;
  });
  world.tracker.identify({ user_id: 'somebody else' });
  await world.pass(30);
  assert.equal(await later, 9);
  await assert.rejects(world.tracker.task('training', () => Promise.reject(boom), { user_id: 'bob' }), (error) => error === boom);
  await assert.rejects(world.tracker.task('training', () => Promise.reject(new DOMException('stop', 'AbortError')), { user_id: 'bob' }));
  world.tracker.task('training', (task) => { task.abandon(); }, { user_id: 'bob' });
  await world.pass(2_000);
  const events = world.requests.flat();
  const started = events.filter(({ type }) => type === 'task_started');
  const finished = events.filter(({ type }) => type === 'task_finished');
  assert.deepEqual([started.length, new Set(started.map(({ task_id }) => task_id)).size], [6, 6]);
  assert.deepEqual(started.map(({ task_id, user_id }) => `${String(task_id)} ${user_id}`).sort(), finished.map(({ task_id, user_id }) => `${String(task_id)} ${user_id}`).sort());
  assert.deepEqual(finished.map(({ user_id, outcome, waiting_ms, error, properties }) => [user_id, outcome, waiting_ms, error?.message, properties?.['model']]), [
    ['ada', 'completed', 42, undefined, 'm1'],
    ['ada', 'failed', undefined, 'out of memory', undefined],
    ['ada', 'completed', undefined, undefined, undefined],
    ['bob', 'failed', undefined, 'out of memory', undefined],
    ['bob', 'abandoned', undefined, undefined, undefined],
    ['bob', 'abandoned', undefined, undefined, undefined],
  ]);
  assert.ok(finished.every(({ duration_ms }) => typeof duration_ms === 'number'));
});

test('what others have left behind goes first, and leaves the journal once it is acknowledged', async () => {
  const world = track({}, { left: [{ id: 'old', text: '{"event_id":"old","user_id":"u"}' }] });
  world.tracker.interaction('f', 'new');
  await world.pass(2_000);
  assert.deepEqual(world.requests.flat().map(({ event_id, action }) => action ?? event_id).sort(), ['new', 'old']);
  assert.equal(world.tracker.stats().acknowledged, 2);
});
