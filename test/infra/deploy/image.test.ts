/** What the Dockerfile puts into the image is enough: every service's code loads from those folders and production packages alone, as nobody who may write there. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '../../../infra/cli/services.ts';
import { healthUrl } from '../../../infra/deploy/healthy.ts';
import { readSettings } from '../../../infra/settings.ts';
import { DEPLOY } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = readFileSync(`${DEPLOY}Dockerfile`, 'utf8');
const image = mkdtempSync(join(tmpdir(), 'chokepoint-image-'));
after(() => { rmSync(image, { recursive: true, force: true }); });

/** As `npm ci --omit=dev` chooses, less what the Dockerfile removes. */
function productionPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }> };
  const removed = (/rm -rf ([^\n]+)/.exec(dockerfile)?.[1] ?? '').split(' ');
  assert.ok(removed.includes('node_modules/chdb'));
  return Object.entries(packages).filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true && !removed.some((one) => path === one || path.startsWith(`${one}/`))).map(([path]) => path);
}

function assemble(): void {
  for (const path of productionPackages()) {
    // Optional ones of other platforms are not there; what lies within another package comes with it.
    if (/node_modules\/.*node_modules\//.test(path)) continue;
    mkdirSync(dirname(join(image, path)), { recursive: true });
    spawnSync('cp', ['-a', `${join(ROOT, path)}/.`, join(image, path)]);
  }
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) (?:\.\/|\S+)$/gm)].map((match) => match[1] ?? '').filter((path) => !path.startsWith('package'));
  assert.deepEqual(copied, ['schemas', 'producers', 'streams', 'consumers', 'infra']);
  for (const path of copied) cpSync(join(ROOT, path), join(image, path), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(image, 'package.json'));
}

test('every service loads, and each command says what it takes', { timeout: 120_000 }, () => {
  assemble();
  const node = (...args: readonly string[]): string => execFileSync(process.execPath, args, { cwd: image, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production' } });
  const mains = ['producers/collector/main.ts', 'streams/main.ts', 'consumers/analyzer/main.ts', 'consumers/clickhouse/main.ts', 'consumers/alerts/main.ts', 'infra/cli/dashboard.ts', 'infra/cli/canary.ts', 'infra/cli/topics.ts', 'infra/cli/doctor.ts', 'infra/cli/backtest.ts', 'infra/deploy/healthy.ts'];
  assert.equal(node('--input-type=module', '-e', `${mains.map((path) => `await import(${JSON.stringify(join(image, path))});`).join('\n')} console.log('loaded'); process.exit(0);`), 'loaded\n');
  for (const name of [...Object.keys(SERVICES), 'canary', 'doctor', 'topics']) assert.match(node('infra/cli/chokepoint.ts', name, '--help'), new RegExp(`^usage: npm run chokepoint -- ${name}`));
  // The analyzer trains in a thread of its own, from a file of its own.
  assert.equal(node('--input-type=module', '-e', `import('${join(image, 'consumers/analyzer/expertise/train.ts')}').then(() => { console.log('trains'); });`), 'trains\n');
});

test('the health check asks the service that the container runs, at its port', () => {
  const settings = readSettings({ SINK_PORT: '9999' });
  assert.equal(healthUrl(['node', 'infra/cli/chokepoint.ts', 'sink'], settings), 'http://127.0.0.1:9999/healthz');
  assert.equal(healthUrl(['/sbin/docker-init', '--', 'node', 'infra/cli/chokepoint.ts', 'collector', ''], settings), 'http://127.0.0.1:8080/healthz');
  assert.equal(healthUrl(['node', 'infra/cli/chokepoint.ts', 'canary'], settings), 'http://127.0.0.1:8094/healthz');
  assert.equal(healthUrl(['node', 'infra/cli/chokepoint.ts', 'topics'], settings), null);
});
