import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseMessage } from '../../schemas/fingerprint.ts';

const SAID: readonly (readonly [message: string, normalised: string])[] = [
  ["Can't open user's file '/a/b c.txt': no such file", "Can't open user's file <value>: no such file"],
  ['Out of memory: tried 512MB of 1,024.5 MB at 0x7ffeabc', 'Out of memory: tried <n>MB of <n> MB at <id>'],
  ['pod trainer-7f9c4d5b6-x2x9z was evicted on node-12', 'pod trainer-<id>-<id> was evicted on node-<n>'],
  ['shape mismatch (32, 10) vs (64, 5, 3)', 'shape mismatch (<n>) vs (<n>)'],
  ['dim 3x4x5 vs 3x4', 'dim <n> vs <n>'],
  ['expected int32 got float64, loss=-1.5e-7', 'expected int<n> got float<n>, loss=<n>'],
  ['GET https://api.example.com/v1/users/42?x=1. failed with 503', 'GET <url>. failed with <n>'],
  ['at /usr/lib/python3.11/site.py:123: in x', 'at <path>: in x'],
  ['open /a/b: no such file', 'open <path>: no such file'],
  ['see ~/notebooks/a.ipynb and ../b/c', 'see <path> and <path>'],
  ['read and/or write of s3://bucket/key failed', 'read and/or write of <url> failed'],
  ['train/test split and src/main/app.py line 3', 'train/test split and <path> line <n>'],
  ['C:\\Users\\me\\x.csv: denied', '<path>: denied'],
  ['user bob.smith@example.com denied', 'user <email> denied'],
  ['2024-01-02T03:04:05.123Z timeout after 30s', '<time> timeout after <n>s'],
  ['id 123e4567-e89b-12d3-a456-426614174000 not found', 'id <id> not found'],
  ['commit 9f8a7bc is gone', 'commit <id> is gone'],
  ['value "a\\"b" of `x` is bad', 'value <value> of <value> is bad'],
  ["column 'price' has 'n/a'", 'column <value> has <value>'],
  ['10.0.0.1:8080 refused', '<n> refused'],
  ['step -5', 'step <n>'],
  ['quota 5/10 exceeded,   50%\n', 'quota <n>/<n> exceeded, <n>%'],
  ['', ''],
  ['Kernel died', 'Kernel died'],
];
for (const [message, normalised] of SAID) {
  test(`"${message.trim()}" is said as "${normalised}"`, () => {
    assert.equal(normaliseMessage(message), normalised);
  });
}

const SAME: readonly (readonly [string, string])[] = [
  ['job 17 failed on gpu 3', 'job 9481 failed on gpu 0'],
  ['pod a-7f9c4d5b6-x2x9z evicted', 'pod a-5c8d7b4f9-q1w2e evicted'],
  ['timeout after 1.5 s', 'timeout after 30 s'],
  ['cannot read /data/a.csv', 'cannot read /data/b/c/d.parquet'],
  ["no column 'x'", "no column 'a much longer name'"],
  ['indexes [1, 2] out of range', 'indexes [7, 8, 9, 10] out of range'],
];
for (const [one, other] of SAME) {
  test(`"${one}" and "${other}" are the same error`, () => {
    assert.equal(normaliseMessage(one), normaliseMessage(other));
  });
}

test('different errors stay different', () => {
  const messages = ['permission denied', 'permission granted', 'out of memory', 'no such file', 'no such column'];
  assert.equal(new Set(messages.map(normaliseMessage)).size, messages.length);
});

test('numbers never matter, wherever they stand', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('gpu', 'memory', 'of', 'failed at', ':'), { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(), (words, a, b) => {
    assert.equal(normaliseMessage(words.join(` ${a} `)), normaliseMessage(words.join(` ${b} `)));
  }));
});

test('a hostile message costs no more than a long one', { timeout: 10_000 }, () => {
  const hostile = ['/', '/a', 'a/', 'a.', '1,', "'", "' ", '"\\', 'a@', 'a@b.', 'a:', 'a://', '<n>,', '-', 'a-', ' ', '0', 'a', 'a1', '`', '“', '~/', './', 'A:\\', '“a'];
  for (const piece of hostile) normaliseMessage(piece.repeat(1_000_000 / piece.length));
  assert.ok(normaliseMessage('word '.repeat(100_000)).length <= 1_024);
});
