import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCodec } from '../../../schemas/codec.ts';
import type { ActionSignal } from '../../../schemas/records.ts';
import { LATE_MEMORY_MS, MAX_TASKS_PER_USER } from '../../../streams/limits.ts';
import { decodeTask, encodeTask } from '../../../streams/state/taskRecords.ts';
import { createTasks, taskKey, type OpenTask, type Task, type Tasks } from '../../../streams/state/tasks.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { whole } from '../harness.ts';

const start = (user_id: string, task_id: string, event_id = `${user_id}/${task_id}`, occurred_at = 1): ActionSignal => ({
  signal_id: 'i', event_id, user_id, session_id: null, occurred_at, received_at: 2, source: 's', stage: 'data', feature: 'f', tool: '', user: { team: 't', role: 'r', org: 'o', joined_at: null },
  release: null, origin_offset: 0, ordinal: 0, watermark: 3, properties: { a: 'b' }, action: 'task', task_id, outcome: 'started',
});
const codec = await createCodec(memorySchemas(), ['ActionSignal']);
const open = (user: string, task: string, deadline: number, eventId = `${user}/${task}`): OpenTask => ({
  status: 'open', key: taskKey(user, task), deadline, user, eventId, startedAt: 1, start: whole(codec.encode('ActionSignal', start(user, task, eventId))), expectedMs: null,
});

function fire(tasks: Tasks, watermark: number): string[] {
  const fired: string[] = [];
  for (let task = tasks.due(watermark); task !== undefined; task = tasks.due(watermark)) {
    fired.push(task.eventId);
    tasks.abandon(task, Math.max(task.deadline, 0));
  }
  return fired;
}

test('timers fire by deadline, then event_id, whatever the order of the starts, and never at the deadline itself', () => {
  const all = [open('u', '1', 10, 'c'), open('u', '2', 10, 'a'), open('v', '3', 5, 'z'), open('v', '4', 20, 'b'), open('w', '5', 10, 'b')];
  fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
    const tasks = createTasks();
    for (const task of order) tasks.open(task);
    assert.deepEqual(fire(tasks, 5), []);
    assert.deepEqual(fire(tasks, 11), ['z', 'a', 'b', 'c']);
    assert.deepEqual(fire(tasks, 21), ['b']);
  }));
});

test('a finished task does not fire, and its successor of the same id does', () => {
  const tasks = createTasks();
  tasks.open(open('u', 't', 10, 'first'));
  tasks.close(taskKey('u', 't'));
  tasks.open(open('u', 't', 12, 'second'));
  assert.deepEqual(fire(tasks, 100), ['second']);
});

test('thousands of finished tasks leave nothing behind', () => {
  const tasks = createTasks();
  for (let i = 0; i < 50_000; i++) {
    tasks.open(open('u', String(i), 1e12 + i));
    tasks.close(taskKey('u', String(i)));
  }
  assert.deepEqual(tasks.size(), { open: 0, abandoned: 0, bytes: 0 });
  assert.equal(tasks.changes().length, 0, 'what began and ended within a step needs no record');
});

test('an abandoned task is known for 28 days of watermark, then forgotten', () => {
  const tasks = createTasks();
  tasks.open(open('u', 't', 10));
  fire(tasks, 11);
  tasks.forget(10 + LATE_MEMORY_MS);
  assert.equal(tasks.get(taskKey('u', 't'))?.status, 'abandoned');
  tasks.forget(11 + LATE_MEMORY_MS);
  assert.equal(tasks.get(taskKey('u', 't')), undefined);
});

test('a user has at most so many tasks; another is not affected, and a finished one makes room', () => {
  const tasks = createTasks();
  for (let i = 0; i < MAX_TASKS_PER_USER; i++) assert.ok(tasks.open(open('u', String(i), 10)));
  assert.equal(tasks.open(open('u', 'more', 10)), false);
  assert.ok(tasks.open(open('v', 'more', 10)));
  tasks.close(taskKey('u', '7'));
  assert.ok(tasks.open(open('u', 'more', 10)));
});

test('changes are what a changelog needs: new values, and tombstones of what it has', () => {
  const tasks = createTasks();
  tasks.open(open('u', 'a', 10));
  tasks.open(open('u', 'b', 10));
  assert.deepEqual(tasks.changes().map(([key, task]) => [key, task?.status]), [[taskKey('u', 'a'), 'open'], [taskKey('u', 'b'), 'open']]);
  tasks.close(taskKey('u', 'a'));
  fire(tasks, 11);
  assert.deepEqual(tasks.changes().map(([key, task]) => [key, task?.status]), [[taskKey('u', 'a'), undefined], [taskKey('u', 'b'), 'abandoned']]);
  assert.deepEqual(tasks.changes(), []);
});

test('keys of different users and tasks never meet', () => {
  assert.notEqual(taskKey('a/b', 'c'), taskKey('a', 'b/c'));
});

const plain = (task: Task): object => (task.status === 'open' ? { ...task, start: task.start.bytes.toString('hex', task.start.from, task.start.to) } : task);

test('tasks come back from bytes as they were', () => {
  const known = [open('a/b', 'ü', 10), { ...open('u', 't', 10), expectedMs: 0 }, { status: 'abandoned', key: taskKey('a/1/b', 'c/d'), user: 'a/1/b', startedAt: 5, firedAt: 9 } as const];
  for (const task of known) {
    const back = decodeTask(codec, task.key, encodeTask(task));
    assert.deepEqual(plain(back), plain(task));
  }
  assert.throws(() => decodeTask(codec, 'k', Buffer.from([9, 0])), /version 9/);
});
