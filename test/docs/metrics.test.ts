import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { metricsMarkdown } from '../../infra/cli/metrics.ts';
import { describeMetrics } from '../../infra/service/metrics.ts';

test('docs/metrics.md is infra/service/metrics.ts (`npm run chokepoint -- metrics` prints it)', async () => {
  assert.ok(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').includes(await metricsMarkdown()));
});

test('names follow the conventions: one prefix, counters end in _total and nothing else does, each has a sentence', async () => {
  const described = await describeMetrics();
  assert.ok(described.length > 30);
  for (const { name, type, help } of described) {
    assert.match(name, /^chokepoint_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.match(help, /^\S.*\.$/);
  }
});
