/**
 * Seeded hostile requests against the collector over real HTTP. `CHOKEPOINT_FUZZ_REQUESTS=100000 npx node --test test/producers/collector/hostile/fuzz.test.ts`
 * is the soak; `CHOKEPOINT_FUZZ_SEED` other requests.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generator } from '../../../generator.ts';
import { checker, nameOf, type Document } from '../openapi/schemas.ts';
import { click, openWorld, type World } from '../world.ts';
import { hostileAdapted } from './adapted.ts';
import { diceOf, hostileRequest, type HostileRequest } from './requests.ts';

const REQUESTS = Number(process.env['CHOKEPOINT_FUZZ_REQUESTS'] ?? 1_500);
const SEED = Number(process.env['CHOKEPOINT_FUZZ_SEED'] ?? 1);
const AT_ONCE = 8;
const MAX_BODY_BYTES = 1_572_864;
/** Beyond what a garbage collection leaves by chance. */
const MAX_GROWTH_BYTES = 24 * 1024 * 1024;

const KEYS_FILE = JSON.stringify({ keys: [{ name: 'scoped', sha256: createHash('sha256').update('scoped').digest('hex'), rights: 'write', sources: ['notebooks'] }] });

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function send(world: World, agent: Agent, { method, path, headers, body }: HostileRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length: Record<string, string> = body.length === 1 ? { 'content-length': String(body[0]?.length ?? 0) } : {};
    const sent = request({ host: '127.0.0.1', port: world.collector.port, method, path, agent, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part)).once('end', () => {
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type']?.split(';', 1)[0] ?? '', text });
      });
    });
    sent.once('error', (error) => {
      // Whoever sends what was refused already may be cut off before the answer is read.
      if (body.reduce((sum, part) => sum + part.length, 0) > MAX_BODY_BYTES) resolve({ status: 413, type: 'application/json', text: '{"error": "too_large", "detail": ""}' });
      else reject(error);
    });
    for (const part of body) if (part.length > 0) sent.write(part);
    sent.end();
  });
}

/** Bytes that are still used once the garbage is gone. */
async function used(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const KINDS = [
  { kind: 'events', make: hostileRequest, expected: [202, 400, 401, 404, 413], counted: true },
  // Their answers do not tell how many events a body had.
  { kind: 'events of other standards', make: hostileAdapted, expected: [202, 400, 401, 422], counted: false },
];
for (const { kind, make, expected, counted } of KINDS) test(`${REQUESTS} hostile requests of seed ${SEED}, ${kind}: documented answers, what is acknowledged is in Kafka, and memory stays`, async (t) => {
  const stored = new Map<string, number>();
  let errors = 0;
  const world = await openWorld(t, {
    readKeys: () => Promise.resolve(KEYS_FILE),
    log: (level) => (errors += level === 'error' ? 1 : 0),
    // Counted, not kept: the memory that is measured is the collector's.
    sink: (records) => {
      for (const { topic } of records) stored.set(topic, (stored.get(topic) ?? 0) + 1);
    },
  });
  const document = (await world.get('/openapi.json')).body as unknown as Document;
  const check = await checker(document);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.after(() => {
    agent.destroy();
  });
  const statuses = new Map<number, number>();
  let [accepted, rejected, made] = [0, 0, 0];

  const judge = async (asked: HostileRequest, { status, type, text }: Answer): Promise<void> => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const what = `${asked.method} ${asked.path} ${status} ${text.slice(0, 200)}`;
    const path = asked.path.split('?', 1)[0] ?? '';
    const operation = document.paths[path]?.[asked.method.toLowerCase()];
    if (operation?.requestBody === undefined || status === 404 || status === 417) {
      // A body that nobody asked for is looked at first, as the document says.
      assert.ok([200, 400, 404, 413, 417].includes(status), what);
      return;
    }
    const content = operation.responses[status]?.content;
    if (text === '' && status === 202 && !counted) return;
    assert.ok(content !== undefined && type in content, what);
    if (type === 'application/json' && made % 5 === 0) assert.equal(await check(nameOf(content, type), JSON.parse(text)), null, what);
    if (status !== 202) return;
    const answer = JSON.parse(text) as { accepted: number; rejected: unknown[]; partitions: number };
    if (path === '/v1/clock') accepted += answer.partitions;
    if (path !== '/v1/events') return;
    accepted += answer.accepted;
    rejected += answer.rejected.length;
  };
  const runTo = async (last: number): Promise<void> => {
    const client = async (): Promise<void> => {
      while (made < last) {
        // A request is a function of the seed and its number, not of who was answered first.
        const asked = make(diceOf(generator(SEED * 1_000_003 + made++)));
        await judge(asked, await send(world, agent, asked));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
  };

  // What the first ones leave behind for good (compiled code, buffers of sockets) is not growth.
  await runTo(REQUESTS / 3);
  const before = await used();
  await runTo(REQUESTS);
  const growth = (await used()) - before;

  t.diagnostic(`statuses ${JSON.stringify(Object.fromEntries([...statuses].sort()))}, accepted ${accepted}, rejected ${rejected}, growth ${Math.round(growth / 1024)} KiB`);
  if (counted) assert.deepEqual([stored.get('platform.events') ?? 0, stored.get('dead-letter') ?? 0], [accepted, rejected]);
  for (const status of expected) assert.ok((statuses.get(status) ?? 0) > 0, `no ${status}: the requests are not hostile enough`);
  assert.ok((stored.get('platform.events') ?? 0) > 0 && (stored.get('dead-letter') ?? 0) > 0);
  assert.equal(errors, 0, 'nothing that nobody foresaw');
  assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes more are used`);
  assert.equal((await world.post('/v1/events', { events: [click()] })).status, 202);
  assert.equal(world.collector.health().ready, true);
});
