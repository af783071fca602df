import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedEvents } from '../../../consumers/deadLetters/counted.ts';

test('asked in questions that fit into an address, each id once, however long the ids are', async () => {
  const asked: string[][] = [];
  const ids = [...Array.from({ length: 300 }, (_, n) => `id-${n}`), ...Array.from({ length: 20 }, (_, n) => `${'ä'.repeat(250)}${n}`)];
  const counted = await countedEvents({
    query: <Row>(_sql: string, parameters: Readonly<Record<string, unknown>> = {}) => {
      const part = parameters['ids'] as string[];
      asked.push(part);
      return Promise.resolve(part.filter((id) => id === 'id-7').map((event_id) => ({ user_id: 'ada', event_id })) as Row[]);
    },
  }, [...ids, ...ids]);
  assert.deepEqual(asked.flat(), ids);
  assert.ok(asked.every((part) => encodeURIComponent(JSON.stringify(part)).length < 8_000));
  assert.deepEqual([...counted], ['["ada","id-7"]']);
});
