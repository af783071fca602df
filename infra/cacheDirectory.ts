/** Where what can be made again is kept on this machine. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** A setting; null where it is not given, or empty. */
export const givenIn = (env: Readonly<Record<string, string | undefined>>, name: string): string | null => {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
};

export const cacheDirectory = (env: Readonly<Record<string, string | undefined>>): string =>
  resolve(givenIn(env, 'CHOKEPOINT_CACHE') ?? join(givenIn(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'chokepoint'));
