/** A reporter for Node's test runner: the files that took longest, so that whoever waits for `npm test` sees for what. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const SHOWN = 15;

export default async function* slowest(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { file: string; ms: number }[] = [];
  for await (const event of events) if (event.type === 'test:summary' && event.data.file !== undefined) files.push({ file: relative('', event.data.file), ms: event.data.duration_ms });
  files.sort((a, b) => b.ms - a.ms);
  if (files.length > 1) yield `\nslowest files, s\n${files.slice(0, SHOWN).map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(7)}  ${file}\n`).join('')}`;
}
