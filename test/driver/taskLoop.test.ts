import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { KafkaError } from '../../infra/kafka/errors.ts';
import type { Action, ActionName } from '../fakes/memoryKafka.ts';
import { countingGroup } from './countingTask.ts';
import { actualCounts, expectedCounts, silent, until, wordsWorld } from './world.ts';

const WORDS = 40;
const options = { app: '', log: silent, firstRetryMs: 1 };

test('the order of actions is init, send, offsets, commit, and all of it for each step', async () => {
  const kafka = wordsWorld(3, { maxBatch: 100 });
  const loop = await runTasks(kafka, countingGroup({ batch: 2 }), options);
  await until(() => actualCounts(kafka).length === 6, 'everything is counted');
  await loop.stop();
  const ofTask = (id: string): string[] => kafka.actions.filter((action) => action.id === `counting-${id}`).map(({ name, count }) => `${name} ${count}`);
  // 3 words: a step of two (2 counts and 2 changelog records), a step of one.
  for (const id of ['0', '1']) assert.deepEqual(ofTask(id), ['init 0', 'send 4', 'offsets 1', 'commit 4', 'send 2', 'offsets 1', 'commit 2']);
  assert.deepEqual(actualCounts(kafka), expectedCounts(kafka));
  assert.deepEqual(await kafka.committed('counting', ['words']), [0, 1].map((partition) => ({ topic: 'words', partition, offset: 3, metadata: '2' })));
});

test('an app prefixes its group and transactional ids', async () => {
  const kafka = wordsWorld(1);
  const loop = await runTasks(kafka, countingGroup({ batch: 10 }), { ...options, app: 'A' });
  await until(() => actualCounts(kafka).length === 2, 'everything is counted');
  await loop.stop();
  assert.deepEqual(new Set(kafka.actions.map(({ id }) => id)), new Set(['A.counting-0', 'A.counting-1']));
  assert.equal((await kafka.committed('A.counting', ['words'])).length, 2);
});

for (const name of ['init', 'send', 'offsets', 'commit'] satisfies ActionName[]) {
  for (const when of ['before', 'after'] as const) {
    test(`a failure ${when} ${name}, at every occurrence, leaves nothing undone and nothing twice`, async () => {
      for (const occurrence of [1, 2, 3, 7]) {
        const kafka = wordsWorld(WORDS);
        let seen = 0;
        kafka.onAction = (action, at) => {
          if (action.name === name && at === when && ++seen === occurrence) throw new KafkaError('UNAVAILABLE', `injected ${when} ${name}`);
        };
        const loop = await runTasks(kafka, countingGroup({ batch: 5 }), options);
        await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
        const restarts = loop.state().tasks.reduce((sum, task) => sum + task.restarts, 0);
        await loop.stop();
        if (seen >= occurrence) assert.equal(restarts, 1);
        assert.deepEqual(actualCounts(kafka), expectedCounts(kafka), `occurrence ${occurrence}`);
      }
    });

    test(`the process ends ${when} ${name} and another takes over`, async () => {
      const kafka = wordsWorld(WORDS);
      let died = false;
      // The process is gone: what it was doing never comes back.
      kafka.onAction = (action, at) => (!died && action.name === name && at === when && action.id === 'counting-1' ? ((died = true), new Promise<never>(() => undefined)) : undefined);
      await runTasks(kafka, countingGroup({ batch: 5 }), options);
      await until(() => died, 'the process is gone');
      kafka.expel('counting', 0);
      const next = await runTasks(kafka, countingGroup({ batch: 5 }), options);
      await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
      await next.stop();
      assert.deepEqual(actualCounts(kafka), expectedCounts(kafka));
      await kafka.close();
    });
  }
}

test('a zombie that wakes in the middle of a commit is fenced and leaves nothing', async () => {
  const kafka = wordsWorld(WORDS);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
  let asleep = false;
  const hold = (action: Action, when: string): Promise<void> | undefined => {
    if (asleep || action.id !== 'counting-0' || action.name !== 'commit' || when !== 'before') return undefined;
    asleep = true;
    return held;
  };
  kafka.onAction = hold;
  const zombie = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => asleep, 'the first member sleeps in its commit');
  const { rejoin } = kafka.expel('counting', 0);
  const heir = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => actualCounts(kafka).length >= 2 * WORDS, 'the heir has counted everything');
  release();
  await until(() => zombie.state().tasks.some(({ restarts }) => restarts > 0), 'the zombie has met the fence');
  rejoin();
  for (let n = 0; n < 10; n++) kafka.append([{ topic: 'words', partition: n % 2, key: 'late', value: null }]);
  await until(() => actualCounts(kafka).length >= 2 * WORDS + 10, 'the rest is counted');
  await Promise.all([zombie.stop(), heir.stop()]);
  assert.deepEqual(perPartition(actualCounts(kafka)), perPartition(expectedCounts(kafka)));
});

test('members come and go all the time: each record once and in order', async () => {
  const kafka = wordsWorld(WORDS * 5, { maxBatch: 50 });
  const group = countingGroup({ batch: 4 });
  const loops = [await runTasks(kafka, group, options)];
  for (let round = 0; actualCounts(kafka).length < 2 * WORDS * 5; round++) {
    assert.ok(round < 10_000, 'progress is made');
    loops.push(await runTasks(kafka, group, options));
    for (let turn = 0; turn < 40; turn++) await new Promise(setImmediate);
    await loops.shift()?.stop();
  }
  await Promise.all(loops.map((loop) => loop.stop()));
  assert.deepEqual(perPartition(actualCounts(kafka)), perPartition(expectedCounts(kafka)));
});

test('a task that throws is opened anew; a fatal error ends the loop', async () => {
  const kafka = wordsWorld(WORDS);
  let steps = 0;
  let fatal = false;
  const loop = await runTasks(kafka, countingGroup({ batch: 5, onStep: () => {
    if (fatal) throw new KafkaError('OFFSET_OUT_OF_RANGE', 'gone', { fatal: true });
    if (++steps % 4 === 0) throw new Error('a step fails');
  } }), options);
  await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
  assert.deepEqual(perPartition(actualCounts(kafka)), perPartition(expectedCounts(kafka)));
  fatal = true;
  kafka.append([{ topic: 'words', partition: 0, key: 'x', value: null }]);
  assert.match((await loop.failed).message, /gone/);
  assert.equal(loop.state().tasks.find(({ id }) => id === '0')?.status, 'failed');
  await loop.stop();
});

test('a failure while a task opens is no trouble any more once it is open, though nothing comes that it could commit', async () => {
  const kafka = wordsWorld(0);
  let opened = 0;
  const loop = await runTasks(kafka, countingGroup({ batch: 5, onOpen: () => { if (++opened === 1) throw new KafkaError('UNAVAILABLE', 'not now'); } }), options);
  await until(() => loop.state().tasks.some(({ restarts }) => restarts === 1), 'one has failed');
  await until(() => loop.state().tasks.every(({ status, error, code }) => status === 'running' && error === null && code === null), 'it is no trouble any more');
  await loop.stop();
});

test('a failed step stays the trouble, also while it is opened and tried again, until what it failed on is behind it', async () => {
  const kafka = wordsWorld(WORDS);
  const troubles: (string | null)[] = [];
  const loop = await runTasks(kafka, countingGroup({ batch: 5, onStep: () => {
    if (troubles.length === 5) return;
    const failed = loop.state().tasks.find(({ restarts }) => restarts > 0);
    if (failed !== undefined) troubles.push(failed.error);
    throw new Error('a step fails');
  } }), options);
  await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
  await until(() => loop.state().tasks.every(({ error }) => error === null), 'it is no trouble any more');
  await loop.stop();
  assert.deepEqual(troubles, Array.from({ length: 5 }, () => 'a step fails'));
});

test('a commit that was made though it failed is no trouble any more once that is known, though nothing comes that could be committed', async () => {
  const kafka = wordsWorld(1);
  let failed = false;
  kafka.onAction = ({ name }, at) => {
    if (name !== 'commit' || at !== 'after' || failed) return;
    failed = true;
    throw new KafkaError('UNAVAILABLE', 'no answer');
  };
  const loop = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => loop.state().tasks.some(({ restarts }) => restarts === 1), 'one has failed');
  await until(() => actualCounts(kafka).length === 2 && loop.state().tasks.every(({ error }) => error === null), 'it is no trouble any more');
  await loop.stop();
});

test('records that retention removed before they were read are a fatal error, never a jump', async () => {
  const kafka = wordsWorld(WORDS);
  const first = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => actualCounts(kafka).length >= 10, 'some are counted');
  await first.stop();
  kafka.truncate({ topic: 'words', partition: 0 }, WORDS);
  const rest = (await kafka.committed('counting', ['words'])).find(({ partition }) => partition === 0);
  assert.ok(rest !== undefined && rest.offset > 0 && rest.offset < WORDS, 'stopped in the middle');
  const second = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  assert.match((await second.failed).message, /retention/);
  await second.stop();
});

function perPartition(counts: readonly string[]): string[][] {
  return ['0:', '1:'].map((prefix) => counts.filter((count) => count.startsWith(prefix)));
}
