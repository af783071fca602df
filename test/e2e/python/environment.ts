/**
 * Python with the packages of a requirements.txt: made once, in the cache directory of the local parts, named by what it is made of. It is made beside
 * its place and renamed into it, so a half-made one is never seen. Packages come by pip, from wherever pip is set up to fetch them.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingCommand, run } from '../../../infra/local/command.ts';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const INSTALL_LIMIT_MS = 5 * 60_000;
/** Which Python: an environment is of no use to another one. */
const IDENTITY = 'import sys, ensurepip, venv; print(sys.base_prefix, sys.version)';

/** The environment's interpreter, or in words why there can be none here. Throws where pip fails. */
export async function pythonWith(cacheDir: string, requirements: string = REQUIREMENTS): Promise<{ readonly python: string } | { readonly missing: string }> {
  let identity: string;
  try {
    identity = (await run('python3', ['-c', IDENTITY], {})).stdout;
  } catch (error) {
    if (missingCommand(error)) return { missing: 'there is no python3 here' };
    return { missing: 'this python3 cannot make a virtual environment (on Debian: install python3-venv)' };
  }
  const version = createHash('sha256').update(readFileSync(requirements)).update(identity).digest('hex').slice(0, 12);
  const home = join(cacheDir, `python-${version}`);
  if (!existsSync(home)) await make(cacheDir, home, requirements);
  return { python: join(home, 'bin', 'python') };
}

async function make(cacheDir: string, home: string, requirements: string): Promise<void> {
  mkdirSync(cacheDir, { recursive: true });
  const staging = mkdtempSync(join(cacheDir, 'making-python-'));
  try {
    await run('python3', ['-m', 'venv', staging], {});
    await run(join(staging, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '-r', requirements], { timeoutMs: INSTALL_LIMIT_MS });
    try {
      renameSync(staging, home);
    } catch (error) {
      // Whoever comes second finds the folder there and uses it.
      if (!existsSync(home)) throw error;
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
