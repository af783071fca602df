import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts } from '../arena/counts.ts';
import { createJudge, type Judge } from './judge.ts';

const owe = (judge: Judge, id: string, rank: number, digest: string | null): void => { judge.owe({ id, rank, digest, place: `offset ${rank}` }); };
const find = (judge: Judge, id: string, digest: string): void => { judge.find({ id, digest, text: digest }); };

test('each row once, with the content of its first record: nothing to say', () => {
  const judge = createJudge();
  owe(judge, 'a', 5, 'late');
  owe(judge, 'a', 3, 'first');
  owe(judge, 'a', 9, 'later');
  owe(judge, 'b', 4, 'b');
  find(judge, 'a', 'first');
  find(judge, 'b', 'b');
  assert.equal(judge.ids(), 2);
  assert.deepEqual(judge.finish(), { ...noCounts(), samples: [] });
});

test('a row that is missing, one that is there twice, one of a later record, one that nobody has written, one that was taken away', () => {
  const judge = createJudge();
  for (const id of ['missing', 'twice', 'later']) owe(judge, id, 1, 'first');
  owe(judge, 'later', 2, 'second');
  owe(judge, 'gone', -1, 'there');
  owe(judge, 'gone', -2, null);
  find(judge, 'twice', 'first');
  find(judge, 'twice', 'first');
  find(judge, 'later', 'second');
  find(judge, 'unknown', 'x');
  find(judge, 'gone', 'there');
  assert.equal(judge.ids(), 3);
  const { samples, ...counts } = judge.finish();
  assert.deepEqual(counts, { ...noCounts(), lost: 1, duplicated: 1, mismatches: 3 });
  assert.equal(samples.length, 5);
});
