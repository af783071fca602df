/** Runs what the documentation tells people to run: the code under a heading, as it stands there, with people and times of the test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export const documentation = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** Of the code blocks in that language between the heading and the next one of its rank, the one at `index`. */
export function snippet(file: string, heading: string, language: 'python' | 'sh' | 'js', index = 0): string {
  const text = documentation(file);
  const start = text.split('\n').findIndex((line) => line === heading);
  if (start < 0) throw new Error(`${file} has no heading ${heading}`);
  const rank = `${heading.split(' ', 1)[0] ?? ''} `;
  const lines = text.split('\n').slice(start + 1);
  // Comments in code begin like headings of the first rank.
  const end = lines.findIndex((line) => line.startsWith(rank));
  const blocks = [...lines.slice(0, end < 0 ? lines.length : end).join('\n').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter((block) => block[1] === language);
  const code = blocks[index]?.[2];
  if (code === undefined) throw new Error(`${file}, ${heading}: no ${language} block ${index}`);
  return code;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program reads the code from a file or its stdin; `env` is added to this process's. */
export async function execute(program: string, args: readonly string[], code: string, options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string }): Promise<Outcome> {
  const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(code);
  const [status] = (await once(child, 'close')) as [number | null];
  return { code: status ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
