import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TICK_MS as analyzerTick } from '../../consumers/analyzer/time.ts';
import { MAX_ID_CHARS as collectorIds, MAX_PROPERTIES as collectorProperties } from '../../producers/collector/fields.ts';
import { MAX_ID_CHARS, MAX_PROPERTIES, TICK_MS } from '../../streams/limits.ts';

test('the rooms agree on what they cannot import from each other', () => {
  assert.equal(TICK_MS, analyzerTick);
  assert.equal(MAX_ID_CHARS, collectorIds);
  assert.equal(MAX_PROPERTIES, collectorProperties);
});
