import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Caller, Limits } from '../../../../producers/collector/keys/key.ts';
import { createLimiter } from '../../../../producers/collector/keys/limiter.ts';

const caller = (limits: Limits): Caller => ({ name: 'k', source: 's', sources: null, origins: null, rights: ['write'], limits });

test('without a limit everything passes', () => {
  const limiter = createLimiter(() => 0);
  const anyone = caller({ requests: null, events: null });
  for (let index = 0; index < 1_000; index++) assert.deepEqual([limiter.request(anyone), limiter.events(anyone, 5_000)], [null, null]);
});

test('requests: ten seconds\' worth at once, then as they come; told how long to wait, and after that it passes', () => {
  let now = 0;
  const limiter = createLimiter(() => now);
  const key = caller({ requests: 2, events: null });
  for (let index = 0; index < 20; index++) assert.equal(limiter.request(key), null);
  assert.equal(limiter.request(key), 1);
  now = 499;
  assert.equal(limiter.request(key), 1);
  now = 500;
  assert.equal(limiter.request(key), null);
  assert.equal(limiter.request(key), 1);
  now = 1_000_000;
  for (let index = 0; index < 20; index++) assert.equal(limiter.request(key), null);
  assert.equal(limiter.request(key), 1, 'what was not used is not kept for ever');
});

test('a batch larger than the bucket passes, and is paid off before the next one, which costs no body', () => {
  let now = 0;
  const limiter = createLimiter(() => now);
  const key = caller({ requests: null, events: 100 });
  assert.equal(limiter.events(key, 5_000), null);
  assert.equal(limiter.request(key), 41, '4,000 too many, and one to go on with');
  assert.equal(limiter.events(key, 1), 41);
  now = 40_010;
  assert.equal(limiter.request(key), null);
  assert.equal(limiter.events(key, 1), null);
});

test('keys do not share a bucket', () => {
  const limiter = createLimiter(() => 0);
  const [one, other] = [caller({ requests: 0.1, events: null }), caller({ requests: 0.1, events: null })];
  assert.deepEqual([limiter.request(one), limiter.request(one), limiter.request(other)], [null, 10, null]);
});

test('over any time no more passes than the bucket and the rate give, and who waits as told is let in', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.record({ pause: fc.integer({ min: 0, max: 3_000 }), obeys: fc.boolean() }), { maxLength: 200 }), (rate, steps) => {
      let now = 0;
      const limiter = createLimiter(() => now);
      const key = caller({ requests: rate, events: null });
      let passed = 0;
      for (const { pause, obeys } of steps) {
        now += pause;
        let seconds = limiter.request(key);
        if (seconds !== null && obeys) {
          now += seconds * 1_000;
          seconds = limiter.request(key);
          assert.equal(seconds, null);
        }
        if (seconds === null) passed++;
        assert.ok(passed <= rate * 10 + (now / 1_000) * rate + 1e-6);
      }
    }),
  );
});
