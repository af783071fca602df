/** Commands that end by themselves, and the error of everything that cannot be brought up here. */
import { execFile } from 'node:child_process';

/** Something on this machine stands in the way; the message says what to do about it. */
export class LocalError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'LocalError';
    this.code = code;
  }
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** What the command wrote; throws with its output in the message when it fails. */
export function run(command: string, args: readonly string[], options: { readonly timeoutMs?: number }): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: options.timeoutMs ?? 0, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else if (error.killed === true) reject(new Error(`${command} did not end within ${String(options.timeoutMs)} ms`, { cause: error }));
      else reject(new Error(`${error.message}\n${stdout}`, { cause: error }));
    });
  });
}

export function missingCommand(error: unknown): boolean {
  return error instanceof Error && (error.cause as { code?: unknown } | undefined)?.code === 'ENOENT';
}
