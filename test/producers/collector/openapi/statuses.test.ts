import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createMemoryKafka } from '../../../fakes/memoryKafka.ts';
import { openWorld, type World } from '../world.ts';
import { checker, nameOf, type Document } from './schemas.ts';

const KEYS_FILE = JSON.stringify({ keys: [{ name: 'limited', sha256: createHash('sha256').update('limited').digest('hex'), rights: 'admin', requests_per_second: 0.001 }] });

interface Seen {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const ask = async (world: World, method: string, path: string, { body, key, type = 'application/json' }: { body?: string; key?: string; type?: string } = {}): Promise<Seen> => {
  const answer = await fetch(world.url + path, { method, ...(body === undefined ? {} : { body }), headers: { ...(body === undefined ? {} : { 'content-type': type }), ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) } });
  return { status: answer.status, type: answer.headers.get('content-type')?.split(';', 1)[0] ?? '', text: await answer.text() };
};

test('every status that the document names is answered, no other is, and each answer is as its schema says', async (t) => {
  const kafka = createMemoryKafka();
  const ends = kafka.ends.bind(kafka);
  let down = false;
  kafka.ends = (topic) => (down ? Promise.reject(new Error('no broker')) : ends(topic));
  const world = await openWorld(t, { kafka, readKeys: () => Promise.resolve(KEYS_FILE), overrides: { origins: ['https://app.example'] } });
  const closed = await openWorld(t);
  const document = JSON.parse((await ask(world, 'GET', '/openapi.json')).text) as Document;
  const check = await checker(document);

  /** The first of its kinds of body. */
  const exampleOf = (path: string): { readonly body: string; readonly type: string } => {
    const [type = '', content] = Object.entries(document.paths[path]?.['post']?.requestBody?.content ?? {})[0] ?? [];
    return { body: JSON.stringify(content?.example), type };
  };
  const provoke = async (method: string, path: string): Promise<Seen[]> => {
    if (method === 'options') return [await ask(world, 'OPTIONS', path), await ask(closed, 'OPTIONS', path)];
    const { type } = exampleOf(path);
    const seen = method === 'get' ? [await ask(world, 'GET', path)] : method === 'delete' ? [
      await ask(world, 'DELETE', path, { key: 'a' }),
      await ask(world, 'DELETE', path, { key: 'w' }),
      await ask(world, 'DELETE', path, { key: 'limited' }),
      await ask(world, 'DELETE', path, { key: 'limited' }),
    ] : [
      await ask(world, 'POST', path, { ...exampleOf(path), key: 'a' }),
      await ask(world, 'POST', path, exampleOf(path)),
      await ask(world, 'POST', path, { body: '{', type, key: 'a' }),
      // Of one event: one that is refused. Elsewhere no list.
      await ask(world, 'POST', path, { body: '{}', type, key: 'a' }),
      await ask(world, 'POST', path, { body: ' '.repeat(1_600_000), type, key: 'a' }),
      // The first of them uses the limit up.
      await ask(world, 'POST', path, { body: '{', type, key: 'limited' }),
      await ask(world, 'POST', path, { body: '{', type, key: 'limited' }),
    ];
    down = true;
    world.fault = () => Promise.reject(new Error('no broker'));
    await ask(world, 'POST', '/v1/events', { ...exampleOf('/v1/events'), key: 'a' });
    seen.push(await ask(world, method.toUpperCase(), path, method === 'get' ? {} : { ...(method === 'delete' ? {} : exampleOf(path)), key: 'a' }));
    down = false;
    world.fault = null;
    await ask(world, 'POST', '/v1/events', { ...exampleOf('/v1/events'), key: 'a' });
    return seen;
  };

  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const seen = await provoke(method, path);
      assert.deepEqual([...new Set(seen.map(({ status }) => String(status)))].sort(), Object.keys(responses).sort(), `${method} ${path}`);
      for (const { status, type, text } of seen) {
        const { content, description = '' } = responses[status] ?? {};
        if (text === '') {
          assert.ok(content === undefined || description.includes('No body'), `${method} ${path} ${status}`);
          continue;
        }
        assert.ok(content !== undefined, `${method} ${path} ${status} ${text}`);
        assert.ok(type in content, `${method} ${path} ${status} is ${type}`);
        assert.equal(await check(nameOf(content, type), type === 'application/json' ? JSON.parse(text) : text), null, `${method} ${path} ${status} ${text}`);
      }
    }
  }
});
