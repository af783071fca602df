/** Many who ask cost one question, also while its answer is long in coming. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remembered } from '../../../consumers/dashboard/queries/ask.ts';

function asked(ms: number) {
  const time = { now: 0 };
  const pending: PromiseWithResolvers<string>[] = [];
  const get = remembered(ms, () => time.now, () => {
    const one = Promise.withResolvers<string>();
    pending.push(one);
    return one.promise;
  });
  return { time, pending, get };
}

test('while an answer is awaited nobody asks again; its age counts from when it came', async () => {
  const { time, pending, get } = asked(1_000);
  const first = get();
  time.now = 9_000;
  const second = get();
  assert.equal(pending.length, 1, 'however late');
  pending[0]?.resolve('one');
  assert.deepEqual(await Promise.all([first, second]), ['one', 'one']);
  time.now = 9_999;
  assert.equal(await get(), 'one');
  assert.equal(pending.length, 1);
  time.now = 10_000;
  const third = get();
  assert.equal(pending.length, 2);
  pending[1]?.resolve('two');
  assert.equal(await third, 'two');
});

test('a failure is told to those who wait for it, and not kept', async () => {
  const { pending, get } = asked(1_000);
  const both = [get(), get()];
  pending[0]?.reject(new Error('away'));
  for (const one of both) await assert.rejects(one, /away/);
  const again = get();
  pending[1]?.resolve('there');
  assert.equal(await again, 'there');
});

test('kept for no time at all, it is still shared while it is awaited', async () => {
  const { pending, get } = asked(0);
  const both = [get(), get()];
  assert.equal(pending.length, 1);
  pending[0]?.resolve('one');
  assert.deepEqual(await Promise.all(both), ['one', 'one']);
  void get();
  assert.equal(pending.length, 2);
});
