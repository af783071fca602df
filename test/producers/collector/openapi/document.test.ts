import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createApp } from '../../../../producers/collector/app.ts';
import { createLimiter } from '../../../../producers/collector/keys/limiter.ts';
import { DELETE_ROUTES, GET_ROUTES, POST_ROUTES } from '../../../../producers/collector/routes.ts';
import { openApi } from '../../../../producers/collector/openapi/document.ts';
import { click, openWorld } from '../world.ts';
import { checker, nameOf, refsIn, type Document } from './schemas.ts';

const served = openApi(POST_ROUTES, GET_ROUTES, DELETE_ROUTES) as Document;
const operations = Object.entries(served.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

test('the document has the paths and methods that the app has, and no other', async () => {
  const app = createApp({ authenticate: () => null, limiter: createLimiter(() => 0), tls: null, trustedProxies: [], requestMs: 60_000, refusals: { note: () => undefined }, maxRatio: 1, maxBodyBytes: 1_000, maxEvents: 1, origins: ['*'], core: () => null, stopping: () => false, health: () => ({ ready: true, detail: {} }), log: () => undefined });
  await app.ready();
  // HEAD is every GET without its body.
  const inApp = [...app.printRoutes({ commonPrefix: false }).matchAll(/(\/\S*) \(([A-Z, ]+)\)/g)].flatMap(([, path = '', methods = '']) => methods.split(', ').filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`));
  // One with a parameter is printed by its end, below the path that it begins with.
  const expected = operations.map(({ method, path }) => ({ method: method.toUpperCase(), url: path.replace(/\{(\w+)\}/g, ':$1') }));
  assert.deepEqual(expected.map(({ method, url }) => `${method} ${url.slice(url.includes(':') ? url.lastIndexOf('/') : 0)}`).sort(), inApp.sort());
  for (const { method, url } of expected) assert.ok(app.hasRoute({ method: method, url }), `${method} ${url}`);
});

test('it is OpenAPI 3.1: every reference is there, ids are unique, every answer is described', () => {
  assert.match(served.openapi, /^3\.1\.\d+$/);
  for (const reference of refsIn(served)) assert.ok((reference.split('/').at(-1) ?? '') in served.components.schemas, reference);
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { path, method, operation } of operations) {
    assert.match(operation.operationId, /^[A-Za-z0-9]+$/);
    assert.ok(operation.security.every((needed) => Object.keys(needed).every((name) => name in served.components.securitySchemes)), path);
    assert.ok(Object.keys(operation.responses).length > 0);
    for (const [status, { description }] of Object.entries(operation.responses)) assert.ok(/^[2-5]\d\d$/.test(status) && description !== '', `${method} ${path} ${status}`);
    assert.equal(operation.requestBody !== undefined, method === 'post');
  }
});

test('it is valid by the schema that the standard publishes', async () => {
  const validator = new Validator();
  const asServed = JSON.parse(JSON.stringify(served)) as object;
  const { valid, errors } = await validator.validate({ ...asServed });
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
  const broken = { ...asServed, info: {} };
  assert.equal((await new Validator().validate(broken)).valid, false);
});

test('what the examples say is taken, and answered as the document says', async (t) => {
  const world = await openWorld(t);
  const document = (await world.get('/openapi.json')).body as unknown as Document;
  assert.deepEqual(document, JSON.parse(JSON.stringify(served)));
  const check = await checker(document);
  let examples = 0;
  for (const { path, operation } of operations) {
    for (const [type, { example }] of Object.entries(operation.requestBody?.content ?? {})) {
      examples++;
      assert.equal(await check(nameOf(operation.requestBody?.content, type), example), null);
      const answer = await world.post(path, example, { key: 'a', headers: { 'content-type': type } });
      const { content } = operation.responses[answer.status] ?? {};
      assert.equal(answer.status, 202, `${path} ${type}`);
      assert.ok(!('accepted' in answer.body) || answer.body['accepted'] === 1, JSON.stringify(answer.body));
      assert.equal(await check(nameOf(content, 'application/json'), answer.body), null);
    }
  }
  assert.equal(examples, 12);
});

const WRONG: readonly object[] = [
  { user_id: 1 }, { user_id: '' }, { user_id: 'x'.repeat(257) }, { user_id: undefined }, { occurred_at: null }, { occurred_at: {} }, { sent_at: true }, { type: 'other' }, { type: undefined }, { feature: null },
  { event_id: 7 }, { event_id: '' }, { session_id: [] }, { source: 1 }, { action: {} }, { task_id: 1 }, { outcome: 'won' }, { duration_ms: -1 }, { duration_ms: 1.5 }, { waiting_ms: '1' }, { release: 'x'.repeat(257) },
  { error: 'E' }, { error: {} }, { error: { code: 'E', message: 1 } }, { error: { code: 'E', cause: 'fate' } }, { properties: [] }, { properties: { a: 1 } }, { properties: { ['x'.repeat(257)]: '' } },
  { properties: Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`p${index}`, ''])) },
];
const RIGHT: readonly object[] = [
  {}, { event_id: null }, { sent_at: '2026-01-01' }, { occurred_at: '2026-01-01' }, { session_id: 's' }, { outcome: 'failed' }, { duration_ms: 0 }, { error: { code: 'E' } }, { error: null },
  { error: { code: 'E', message: null, cause: 'quota' } }, { properties: { a: 'b', constructor: 'c' } }, { unknown: { deep: [] } }, { release: '' },
];

test('the schema of an event refuses what the collector refuses, and takes what it takes', async (t) => {
  const world = await openWorld(t);
  const check = await checker(served);
  for (const [cases, accepted] of [[WRONG, 0], [RIGHT, 1]] as const) {
    for (const over of cases) {
      const event = click(over);
      assert.equal((await world.post('/v1/events', { events: [event] })).body['accepted'], accepted, JSON.stringify(over));
      assert.equal(await check('Event', event) === null, accepted === 1, JSON.stringify(over));
    }
  }
});
