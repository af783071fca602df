import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { connectRegistry, RegistryError, subjectOf } from '../../infra/registry/registry.ts';
import { createCodec, schemaText, type SchemaSource } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { withParts } from './parts.ts';

const RECORD_NAMES = [...new Set(Object.values(TOPICS).map(({ record }) => record))].filter((name) => name !== null);

const parts = await withParts();
const settings = parts.settings().registry;

const withDefault = (text: string): string => {
  const schema = JSON.parse(text) as { fields: object[] };
  schema.fields.push({ name: 'nickname', type: ['null', 'string'], default: null });
  return JSON.stringify(schema);
};
const withoutDefault = (text: string): string => {
  const schema = JSON.parse(text) as { fields: object[] };
  schema.fields.push({ name: 'badge', type: 'string' });
  return JSON.stringify(schema);
};

void test('every record has the subject of its topic', () => {
  assert.equal(subjectOf('PlatformEvent'), 'platform.events-value');
  for (const name of RECORD_NAMES) assert.match(subjectOf(name), /-value$/);
});

void test('services that start at once register the same schemas and get the same ids', async () => {
  const registerAll = async (source: SchemaSource): Promise<number[]> => {
    const ids: number[] = [];
    for (const name of RECORD_NAMES) ids.push(await source.register(name, schemaText(name)));
    return ids;
  };
  const [first, ...others] = await Promise.all(Array.from({ length: 6 }, () => registerAll(connectRegistry(settings))));
  for (const ids of others) assert.deepEqual(ids, first);
  assert.equal(new Set(first).size, RECORD_NAMES.length);
  const config = (await (await fetch(`${settings.url}/config/${subjectOf('User')}`)).json()) as { compatibilityLevel: string };
  assert.equal(config.compatibilityLevel, 'BACKWARD');
});

void test('a codec reads what a newer writer wrote', async () => {
  const source = connectRegistry(settings);
  const codec = await createCodec(source, ['User']);
  const older = await source.register('User', schemaText('User'));
  const newer = await source.register('User', withDefault(schemaText('User')));
  const bytes = codec.encode('User', { user_id: 'ada', team: 't', role: 'r', org: 'o', joined_at: 1 });
  const written = Buffer.concat([bytes, Buffer.from([0])]); // nickname: null
  written.writeInt32BE(newer, 1);
  assert.throws(() => codec.decode('User', written), { code: 'UNKNOWN_SCHEMA' });
  await codec.load(written);
  assert.deepEqual({ ...codec.decode('User', written) }, { user_id: 'ada', team: 't', role: 'r', org: 'o', joined_at: 1 });
  assert.equal(await connectRegistry(settings).register('User', schemaText('User')), older, 'an older service keeps its id');
});

void test('a breaking change is refused, with what to do', async () => {
  const source = connectRegistry(settings);
  await source.register('Feature', schemaText('Feature'));
  await assert.rejects(source.register('Feature', withoutDefault(schemaText('Feature'))), (error: Error) => error instanceof RegistryError && error.code === 'BREAKING_CHANGE' && /schemas\/Feature\.avsc is not backward compatible.*platform\.features-value.*default/.test(error.message));
  // The refused one left nothing behind.
  assert((await source.register('Feature', schemaText('Feature'))) > 0);
});

void test('an id that the registry does not know is null, as is a schema of another language', async () => {
  const source = connectRegistry(settings);
  for (const id of [2_000_000_000, 0, -1]) assert.equal(await source.schema(id), null, String(id));
  const answer = await fetch(`${settings.url}/subjects/other-language-value/versions`, {
    method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify({ schemaType: 'JSON', schema: '{"type":"object","properties":{"x":{"type":"string"}}}' }),
  });
  assert.equal(answer.status, 200);
  assert.equal(await source.schema(((await answer.json()) as { id: number }).id), null);
});

void test('a registry that is not there, fails, or is something else, throws: its schemas are not unknown', async () => {
  const unavailable = (error: Error): boolean => error instanceof RegistryError && error.code === 'REGISTRY_UNAVAILABLE';
  const gone = connectRegistry({ ...settings, url: 'http://127.0.0.1:9/apis/ccompat/v7' });
  await assert.rejects(gone.schema(1), unavailable);
  await assert.rejects(gone.register('User', schemaText('User')), unavailable);

  const failing = createServer((_, response) => { response.writeHead(503).end('{"message":"starting"}'); });
  await new Promise<void>((listening) => failing.listen(0, '127.0.0.1', listening));
  const { port } = failing.address() as { port: number };
  await assert.rejects(connectRegistry({ ...settings, url: `http://127.0.0.1:${port}` }).schema(1), unavailable);
  await new Promise((closed) => failing.close(closed));

  await assert.rejects(connectRegistry({ ...settings, url: new URL('/nothing/here', settings.url).href }).register('User', schemaText('User')), unavailable);
});
