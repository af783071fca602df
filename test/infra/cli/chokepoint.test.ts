import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url));

test('what is printed comes out whole, however slowly it is read', async () => {
  // More than a pipe holds, so that most of it waits in the process when the command is done.
  const print = `for (let n = 0; n < 5000; n++) console.log('x'.repeat(200)); process.argv.push('--help'); await import(${JSON.stringify(BINARY)});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', print], { stdio: ['ignore', 'pipe', 'inherit'] });
  await pause(500);
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  assert.match(text, /^usage: npm run chokepoint/m);
  assert.match(text, /README\.md lists them\.\n$/);
});
