/** Frames made by the LZ4 project's own code (python-lz4 4.4.5); test/e2e/clickhouseConnect.test.ts reads those of a real client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLz4Frame } from '../../../infra/local/lz4.ts';

const MIB = 1024 * 1024;
/** 220,000 bytes in linked blocks of 64 KiB, with the size and all checksums. */
const LINKED = `BCJNGFxAYFsDAAAAAACzFQEAAL9jaG9rZXBvaW50CgsA${'/'.repeat(341)}91QZXBvaW7WPghNCgEAAA/3${'/'.repeat(343)}oUG9rZXBvhEe1kgoBAAAPCwD${'/'.repeat(341)}6FBjaG9rZY48YtBlAAAAD/f${'/'.repeat(122)}6NQb2ludAolZAtiAAAAAFSvMwE=`;
/** 40 different bytes, which no compression makes smaller. */
const RAW = 'BCJNGGhAKAAAAAAAAAB1KAAAgAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicAAAAA';
const EMPTY = 'BCJNGGBAggAAAAA=';
/** A thousand times a, then bcdefghijklmnop three times: matches that reach into what they write. */
const RUN = 'BCJNGGhAFQQAAAAAAADVIgAAAB9hAQD////X/wBiY2RlZmdoaWprbG1ub3APAAZQbG1ub3AAAAAA';

const read = (base64: string, most = MIB): Buffer => readLz4Frame(Buffer.from(base64, 'base64'), most);

test('frames: of several blocks that go on from one another, of bytes as they are, empty, of runs', () => {
  assert.equal(read(LINKED).toString(), 'chokepoint\n'.repeat(20_000));
  assert.deepEqual(read(RAW), Buffer.from(Array.from({ length: 40 }, (_, n) => n)));
  assert.equal(read(EMPTY).length, 0);
  assert.equal(read(RUN).toString(), 'a'.repeat(1_000) + 'bcdefghijklmnop'.repeat(3));
});

test('what is cut short, bent, none, or too long when unpacked is a RangeError, wherever it breaks', () => {
  const whole = Buffer.from(LINKED, 'base64');
  for (let length = 0; length < whole.length - 4; length++) assert.throws(() => readLz4Frame(whole.subarray(0, length), MIB), RangeError, `${length} bytes`);
  assert.throws(() => read(LINKED, 219_999), /longer than 219999 bytes/);
  assert.throws(() => readLz4Frame(Buffer.from('not a frame at all'), MIB), /not an LZ4 frame/);
  const bent = Buffer.from(RUN, 'base64');
  bent.writeUInt16LE(60_000, 21);
  assert.throws(() => readLz4Frame(bent, MIB), RangeError);
});
