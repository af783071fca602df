/** What is shipped: built as `npm run build:sdk` does, installed beside a program that uses it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { buildSdk } from '../../../producers/sdk/build.ts';
import { openWorld } from '../collector/world.ts';

/** All that a browser loads, without a bundler's minifying. */
const BROWSER_GZIP_BYTES = 10_240;

const program = mkdtempSync(join(tmpdir(), 'chokepoint-sdk-'));
const sdk = join(program, 'node_modules/chokepoint-sdk');
after(() => { rmSync(program, { recursive: true, force: true }); });
buildSdk(sdk, { declarations: true });

/** The modules that an entry loads, itself included. */
function loaded(entry: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(entry)) return seen;
  const text = readFileSync(entry, 'utf8');
  seen.set(entry, text);
  for (const name of importsOf(text)) if (name.startsWith('.')) loaded(join(dirname(entry), name), seen);
  return seen;
}

const importsOf = (text: string): string[] => ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);

test('no dependencies: a browser\'s modules import each other only, Node\'s also what Node has', () => {
  const browser = [...loaded(join(sdk, 'browser/main.js')).values()].flatMap(importsOf);
  assert.ok(browser.length > 10 && browser.every((name) => /^\.\.?\/.*\.js$/.test(name)), browser.join(' '));
  const node = [...loaded(join(sdk, 'node/main.js')).values()].flatMap(importsOf);
  assert.ok(node.some((name) => name.startsWith('node:')) && node.every((name) => /^(\.\.?\/.*\.js|node:[a-z/]+)$/.test(name)), node.join(' '));
  const { dependencies } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')) as { dependencies?: object };
  assert.equal(dependencies, undefined);
  assert.ok(!globSync('**/*.d.ts', { cwd: sdk }).some((path) => /from '[^']*\.ts'|from '[^.]/.test(readFileSync(join(sdk, path), 'utf8'))), 'declarations too');
});

test(`what a browser loads is at most ${BROWSER_GZIP_BYTES} bytes, packed`, (t) => {
  const bytes = gzipSync([...loaded(join(sdk, 'browser/main.js')).values()].join(''), { level: 9 }).length;
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= BROWSER_GZIP_BYTES, `${bytes} bytes`);
});

test('the platform\'s own package exposes the same as chokepoint/sdk', () => {
  const { exports, files } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { exports: Record<string, Record<string, Record<string, string>>>; files?: string[] };
  const targets = Object.values(exports['./sdk'] ?? {}).flatMap((one) => Object.values(one));
  assert.deepEqual([targets.length, files], [4, undefined]);
  for (const target of targets) assert.ok(readFileSync(join(sdk, target.replace('./dist/sdk/', ''))).length > 0);
});

test('a program in TypeScript finds its types, for Node and for browsers', () => {
  const source = (extra: string): string => `import { createTracker, type Stats } from 'chokepoint-sdk';
    const track = createTracker({ url: 'http://127.0.0.1:8080', key: 'k' });
    const answer: number = track.task('training', () => 7);
    const later: Promise<string> = track.task('training', async (task) => { task.waited(5); return 'x'; });
    ${extra}
    export const out: [number, Promise<string>, Promise<Stats>] = [answer, later, track.close()];`;
  for (const [name, extra, customConditions] of [['node.ts', "createTracker({ url: '', key: '', spool: '/tmp' });", []], ['browser.ts', "track.page('training');", ['browser']]] as const) {
    const file = join(program, name);
    writeFileSync(file, source(extra));
    const compiled = ts.createProgram([file], { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, customConditions: [...customConditions], types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
    assert.deepEqual(ts.getPreEmitDiagnostics(compiled).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')), [], name);
  }
});

test('a program in JavaScript sends its first event', async (t) => {
  const world = await openWorld(t);
  mkdirSync(program, { recursive: true });
  const file = join(program, 'first.mjs');
  writeFileSync(file, `import { createTracker } from 'chokepoint-sdk';
    const track = createTracker({ url: ${JSON.stringify(world.url)}, key: 'w' });
    track.as({ user_id: 'ada' }).interaction('notebooks', 'open');
    console.log(JSON.stringify(await track.close()));`);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  assert.equal((JSON.parse(stdout) as { acknowledged: number }).acknowledged, 1);
  assert.deepEqual(world.events().map(({ user_id, action }) => [user_id, action]), [['ada', 'open']]);
});

test('DO_NOT_TRACK: nothing is sent', async (t) => {
  const world = await openWorld(t);
  const file = join(program, 'quiet.mjs');
  writeFileSync(file, `import { createTracker } from 'chokepoint-sdk';
    const track = createTracker({ url: ${JSON.stringify(world.url)}, key: 'w', user_id: 'ada' });
    track.interaction('notebooks', 'open');
    console.log((await track.close()).state);`);
  const run = async (value: string): Promise<string> => (await promisify(execFile)(process.execPath, [file], { env: { ...process.env, DO_NOT_TRACK: value } })).stdout.trim();
  assert.deepEqual([await run('1'), await run('true'), world.events().length], ['off', 'off', 0]);
  assert.deepEqual([await run('0'), await run(''), world.events().length], ['closed', 'closed', 2]);
});
