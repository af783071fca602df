import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renamed } from './changelogCopies.ts';

test('a copy names its own users wherever their ids stand, and nothing else is changed', () => {
  const bytes = Buffer.from('["p000-0000012",7],["p000-0000013"] p00-1');
  assert.equal(renamed(bytes, Buffer.from('p042-')).toString(), '["p042-0000012",7],["p042-0000013"] p00-1');
  assert.equal(bytes.toString(), '["p000-0000012",7],["p000-0000013"] p00-1');
});
