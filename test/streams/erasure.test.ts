/** What is of a user who has been erased does not pass, and what of it was remembered is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { erasing } from '../fakes/erasing.ts';
import { clock, createHarness, DAY, event, HOUR, started, T0, type Input } from './harness.ts';

const usersOf = (harness: Awaited<ReturnType<typeof createHarness>>): string[] => [...new Set(harness.outputs().signals.map(({ record }) => record.user_id))];

test('events of before are dropped, those of others and those of later are not, and time goes on', async () => {
  const erasures = erasing();
  erasures.erase('ada', T0 + HOUR);
  const harness = await createHarness({ erasures });
  harness.feed(event({ occurred_at: T0 }), event({ occurred_at: T0 + HOUR, properties: { late: 'yes' } }));
  await harness.run();
  assert.deepEqual(harness.outputs().signals, []);
  assert.equal(harness.task().status().watermark, T0 + HOUR);
  harness.feed(event({ user_id: 'bob', occurred_at: T0 + HOUR }), event({ occurred_at: T0 + 2 * HOUR }));
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => [record.user_id, record.occurred_at]), [['bob', T0 + HOUR], ['ada', T0 + 2 * HOUR]]);
  assert.equal(harness.task().status().counts.erased, 2);
});

test('a bad event of before is no dead letter either', async () => {
  const erasures = erasing();
  erasures.erase('ada', T0);
  const harness = await createHarness({ erasures });
  harness.feed(event({ feature: 'unknown' }), event({ user_id: 'bob', feature: 'unknown' }), { value: event(), timestamp: T0 + 500 * DAY });
  await harness.run();
  assert.equal(harness.outputs().deadLetters.length, 1);
});

test('what cannot be read is whose the key says, and of when the broker got it', async () => {
  const erasures = erasing();
  erasures.erase('ada', T0);
  const harness = await createHarness({ erasures });
  const unreadable = (key: string, timestamp: number): Input => ({ value: Buffer.from('?'), key, timestamp });
  harness.feed(unreadable('ada', T0), unreadable('ada', T0 + HOUR), unreadable('bob', T0));
  await harness.run();
  assert.deepEqual(harness.outputs().deadLetters.map(({ origin_offset }) => origin_offset), [1, 2]);
});

for (const restarted of [false, true]) {
  test(`a task that runs is forgotten, in the changelog too, and no timer fires for it${restarted ? ', after a restart' : ''}`, async () => {
    const erasures = erasing();
    const harness = await createHarness({ erasures });
    harness.feed(started('run', T0), started('run', T0, { user_id: 'bob' }));
    await harness.run();
    assert.equal(harness.task().status().openTasks, 2);
    erasures.erase('ada', T0 + HOUR);
    if (restarted) await harness.restart();
    const works = await harness.run();
    assert.deepEqual(works.flatMap(({ outputs }) => outputs).filter(({ value, key }) => value === null && key !== null).map(({ topic, key }) => [topic, key?.toString()]), [['processor.changelog', 't/3/ada/run']]);
    assert.equal(harness.task().status().openTasks, 1);
    harness.feed(clock(T0 + 2 * DAY));
    await harness.run();
    const abandoned = harness.outputs().signals.filter(({ record }) => record.properties['timer'] === 'true');
    assert.deepEqual([...new Set(abandoned.map(({ record }) => record.user_id))], ['bob']);
  });
}

test('a task that was begun after the erasure stays', async () => {
  const erasures = erasing();
  erasures.erase('ada', T0);
  const harness = await createHarness({ erasures });
  harness.feed(started('run', T0 + HOUR));
  await harness.run();
  await harness.restart();
  await harness.run();
  assert.equal(harness.task().status().openTasks, 1);
  assert.deepEqual(usersOf(harness), ['ada']);
});
