import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureTicks } from './ticks.ts';

test('the production tasks take the hours, people get levels, and more findings are more to say at midnight', async () => {
  const [few, many] = await measureTicks([40, 400], () => undefined);
  assert.ok(few !== undefined && many !== undefined);
  assert.deepEqual([few.findings, many.findings], [40, 400]);
  for (const cost of [few.profile, few.cohort, many.profile, many.cohort]) assert.ok(cost.hourly_ms > 0 && cost.midnight_ms > 0);
  assert.ok(many.midnight_bytes > few.midnight_bytes);
});
