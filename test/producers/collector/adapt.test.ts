import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Adapt } from '../../../producers/adapters/adapted.ts';
import { adaptBody, answerTo } from '../../../producers/collector/adapt.ts';
import { parseBody } from '../../../producers/collector/body.ts';

test('what is ignored leaves no hole: reasons, places and bytes stay with their values', () => {
  const adapt: Adapt = (value) => (value === 'skip' ? { kind: 'ignored' } : typeof value === 'number' ? { kind: 'event', element: { event_id: String(value) } } : { kind: 'refused', detail: 'a reason' });
  const adapted = adaptBody(parseBody('ndjson', Buffer.from('"skip"\n1\n"skip"\n {} \nbroken\n2'), ''), adapt);
  const { body, places, ignored } = adapted;
  assert.deepEqual(body.values, [{ event_id: '1' }, undefined, undefined, { event_id: '2' }]);
  assert.deepEqual([places, ignored], [[1, 3, 4, 5], 2]);
  assert.deepEqual([[...(body.refused ?? [])], [...body.broken.keys()]], [[[1, 'a reason']], [2]]);
  assert.deepEqual([body.original(1).toString(), body.original(2).toString()], [' {} ', 'broken']);
  const rejected = [{ index: 1, event_id: null, reason: 'invalid', detail: 'a reason' }, { index: 2, event_id: null, reason: 'undecodable', detail: '' }] as const;
  assert.deepEqual(answerTo({ records: [], accepted: 2, rejected, made: [], span: { lowest: null, highest: null }, blocks: [] }, adapted), { accepted: 2, rejected: [{ ...rejected[0], index: 3 }, { ...rejected[1], index: 4 }], ignored: 2 });
});
