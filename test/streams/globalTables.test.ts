import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogReader } from '../../infra/ports.ts';
import { createCodec, schemaText } from '../../schemas/codec.ts';
import type { User } from '../../schemas/records.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { knownUser } from '../../streams/wire/metadataBytes.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { feature } from './harness.ts';

const ada = (team: string): User => ({ user_id: 'ada', team, role: 'r', org: 'o', joined_at: 1 });

async function world(partitions = 1) {
  const source = memorySchemas();
  const codec = await createCodec(source, ['User', 'Feature']);
  const kafka = createMemoryKafka({ partitions });
  const put = (topic: string, key: string, value: Buffer | null, partition = 0): void => { kafka.append([{ topic, partition, key, value }]); };
  const tables = (log: LogReader = kafka) => createGlobalTables(log, codec, { users: 'platform.users', features: 'platform.features' });
  return { source, codec, kafka, put, tables };
}

test('the newest record of a key counts, a null deletes, and reading goes on where it ended', async () => {
  const { codec, put, tables } = await world(2);
  const table = tables();
  await table.catchUp();
  assert.equal(table.user('ada'), undefined);
  put('platform.users', 'ada', codec.encode('User', ada('one')));
  put('platform.users', 'ada', codec.encode('User', ada('two')));
  put('platform.features', 'f', codec.encode('Feature', feature('f')), 1);
  await table.catchUp();
  assert.deepEqual(table.user('ada'), knownUser({ team: 'two', role: 'r', org: 'o', joined_at: 1 }));
  assert.equal(table.feature('f')?.tool, 'jupyter');
  put('platform.users', 'ada', null);
  put('platform.features', 'f', null, 1);
  await table.catchUp();
  assert.equal(table.user('ada'), undefined);
  assert.equal(table.feature('f'), undefined);
});

test('who calls while others read sees what was there when it called, and one reading serves all who wait', async () => {
  const { codec, kafka, put, tables } = await world();
  let asked = 0;
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { letGo = resolve; });
  const table = tables({
    ...kafka,
    ends: async (topic) => {
      asked += 1;
      const ends = await kafka.ends(topic);
      if (asked <= 2) await held;
      return ends;
    },
  });
  const first = table.catchUp();
  await new Promise(setImmediate);
  put('platform.users', 'ada', codec.encode('User', ada('late')));
  const others = [table.catchUp(), table.catchUp(), table.catchUp()];
  letGo();
  await first;
  assert.equal(table.user('ada'), undefined);
  await Promise.all(others);
  assert.equal(table.user('ada')?.team, 'late');
  assert.equal(asked, 4);
});

test('a failed reading is the failure of those who waited for it, and the next one goes on', async () => {
  const { codec, kafka, put, tables } = await world();
  let broken = true;
  const table = tables({ ...kafka, ends: (topic) => (broken ? Promise.reject(new Error('no broker')) : kafka.ends(topic)) });
  put('platform.users', 'ada', codec.encode('User', ada('one')));
  await assert.rejects(table.catchUp(), /no broker/);
  broken = false;
  await table.catchUp();
  assert.equal(table.user('ada')?.team, 'one');
});

test('a record that cannot be read is left out and counted; one of a newer schema is read', async () => {
  const { source, codec, put, tables } = await world();
  const table = tables();
  put('platform.users', 'ada', codec.encode('User', ada('one')));
  put('platform.users', 'ada', Buffer.from('nonsense'));
  const newer = JSON.parse(schemaText('User')) as { fields: object[] };
  newer.fields.push({ name: 'title', type: 'string', default: '' });
  const id = await source.register('User', JSON.stringify(newer));
  const bytes = Buffer.concat([codec.encode('User', { ...ada('two'), user_id: 'bob' }), Buffer.from([0])]);
  bytes.writeInt32BE(id, 1);
  put('platform.users', 'bob', bytes);
  await table.catchUp();
  assert.equal(table.user('ada')?.team, 'one');
  assert.equal(table.user('bob')?.team, 'two');
  assert.equal(table.sizes().unreadable, 1);
});

test('a registry that does not answer holds the reading up', async () => {
  const { kafka, put } = await world();
  const source = memorySchemas();
  const codec = await createCodec({ ...source, schema: () => Promise.reject(new Error('registry away')) }, ['User', 'Feature']);
  const table = createGlobalTables(kafka, codec, { users: 'platform.users', features: 'platform.features' });
  put('platform.users', 'ada', Buffer.from([0, 0, 0, 0, 99, 1]));
  await assert.rejects(table.catchUp(), /registry away/);
});
