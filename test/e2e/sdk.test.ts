/** The SDK in Node through a network that loses answers, with processes that are killed: repeats reach the log, and each event counts once behind the processor. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTracker } from '../../producers/sdk/node/main.ts';
import { eventually } from '../integration/sinkWorld.ts';
import { openSdkWorld } from './sdkWorld.ts';

const CHILD = fileURLToPath(new URL('../producers/sdk/spoolChild.ts', import.meta.url));
const world = await openSdkWorld([]);
const spool = mkdtempSync(join(tmpdir(), 'chokepoint-spool-'));
after(() => { rmSync(spool, { recursive: true, force: true }); });
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));
const { proxy, key, user, feature } = world;

test('answers lost, connections cut, 503: retried until acknowledged; a killed process is continued by the next: each once in ClickHouse', { timeout: 180_000 }, async () => {
  proxy.fault = (count) => (['lose', 'cut', { status: 503 }, 'pass'] as const)[count % 4] ?? 'pass';
  const first = createTracker({ url: proxy.url, key, user_id: user, batch_ms: 20, batch_events: 50 });
  for (const action of numbers(0, 200)) first.interaction(feature, action);
  assert.equal(await first.flush(90_000), true);
  assert.equal((await first.close()).acknowledged, 200);

  // The collector has them, the process that sent them never learns it, and is killed.
  proxy.fault = () => 'lose';
  const child = spawn(process.execPath, [CHILD, proxy.url, key, spool, '200', '300', 'stay', user, feature], { stdio: ['pipe', 'pipe', 'inherit'] });
  await eventually(async () => Object.keys(await world.inLog()).length === 300, 'they are in the log');
  child.kill('SIGKILL');
  await once(child, 'exit');
  proxy.fault = () => 'pass';
  const heir = createTracker({ url: proxy.url, key, user_id: user, batch_ms: 20, spool });
  heir.interaction(feature, '300');
  await eventually(() => Promise.resolve(heir.stats().acknowledged === 101), 'the heir has sent them');
  await heir.close();

  const inLog = await world.inLog();
  assert.deepEqual(Object.keys(inLog).sort(), numbers(0, 301).sort());
  assert.ok(numbers(200, 300).every((action) => (inLog[action] ?? 0) >= 2), 'the log has repeats, or this would prove nothing');
  await world.eachOnce(numbers(0, 301));
});
