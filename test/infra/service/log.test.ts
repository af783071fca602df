import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, type Log } from '../../../infra/service/log.ts';

function capture(): { log: Log; last: () => unknown; lines: string[] } {
  const lines: string[] = [];
  const log = createLog('svc', (line) => lines.push(line), () => new Date(0));
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as unknown };
}

test('one line of JSON, with the fields that are given', () => {
  const { log, last, lines } = capture();
  log('info', 'hello\nthere', { partition: 3, offset: 2n ** 60n });
  assert.deepEqual(last(), { time: '1970-01-01T00:00:00.000Z', level: 'info', service: 'svc', message: 'hello\nthere', partition: 3, offset: '1152921504606846976' });
  assert.equal(lines[0]?.indexOf('\n'), lines[0]?.length === undefined ? 0 : lines[0].length - 1);
});

test('errors are written along the chain of their causes', () => {
  const { log, last } = capture();
  log('error', 'failed', { error: new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) }) });
  const { error } = last() as { error: { message: string; cause: { message: string; code: string; stack: string } } };
  assert.deepEqual([error.message, error.cause.message, error.cause.code], ['outer', 'inner', 'ECONNREFUSED']);
  assert.match(error.cause.stack, /log\.test/);
});

test('a field that cannot be written costs only itself', () => {
  const { log, last } = capture();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  log('warn', 'still said', { circle });
  assert.equal((last() as { message: string }).message, 'still said');
});
