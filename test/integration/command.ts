/** The binary as a person runs it, and what it says. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Resolves when it has ended. */
export async function runCommand(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url)), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const said = { text: '' };
    stream.setEncoding('utf8').on('data', (text: string) => { said.text += text; });
    return said;
  });
  const code = await new Promise<number>((resolve) => child.once('close', (exit) => { resolve(exit ?? 1); }));
  return { code, out: out?.text ?? '', err: err?.text ?? '' };
}
