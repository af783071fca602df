/**
 * A reporter for Node's test runner: the files that took longest, so that whoever waits for `npm test` sees for what, and then each test that failed, with its
 * place and error. `npm test` ends with what its lanes have of them, since lanes that print side by side bury what failed.
 */
import { relative } from 'node:path';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

const SHOWN = 15;
type Fail = Extract<TestEvent, { type: 'test:fail' }>['data'];

export default async function* closing(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { file: string; ms: number }[] = [];
  const failures: string[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:summary' && data.file !== undefined) files.push({ file: relative('', data.file), ms: data.duration_ms });
    if (type === 'test:fail') failures.push(...described(data));
  }
  files.sort((a, b) => b.ms - a.ms);
  if (files.length > 1) yield `slowest files, s\n${files.slice(0, SHOWN).map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(7)}  ${file}\n`).join('')}`;
  yield* failures;
}

function described({ name, file, line, details }: Fail): string[] {
  const error = details.error as Error & { readonly failureType?: string };
  // The test around one that failed says nothing more.
  if (error.failureType === 'subtestsFailed') return [];
  return [`✖ ${name}\n  ${file === undefined ? '' : relative('', file)}:${line ?? ''}\n  ${inspect(error.cause ?? error).replaceAll('\n', '\n  ')}\n`];
}
