/** Reads single settings and collects what is wrong with them, so that a person mends all of it at once. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { cacheDirectory, givenIn } from './cacheDirectory.ts';
import { SETTINGS, type SettingName, type SettingSpec } from './settingsTable.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The message lists every problem, a line each; values of secret settings are never in it. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`${problems.length === 1 ? 'a setting is' : `${problems.length} settings are`} wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** A URL with its credentials taken out; `whole` is the URL as it was given. */
interface ReadUrl {
  readonly url: string;
  readonly whole: string | null;
  readonly username: string | null;
  readonly password: string | null;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPECS = new Map<string, SettingSpec>(SETTINGS.map((setting) => [setting.name, setting]));
const LONGEST_SHOWN = 60;

export interface SettingsReader {
  /** What is there, or the default; null where there is neither. */
  text(name: SettingName): string | null;
  /** What is there, without the default. */
  given(name: SettingName): string | null;
  whole(name: SettingName, min: number, max: number): number;
  flag(name: SettingName): boolean;
  /** In milliseconds, written as 250ms, 5s, 10m, 72h or 28d. */
  duration(name: SettingName, minMs: number, maxMs: number): number;
  oneOf<Value extends string>(name: SettingName, values: readonly Value[]): Value | null;
  /** Separated by commas. */
  list(name: SettingName): readonly string[];
  /** IP addresses, and networks like 10.0.0.0/8. */
  networks(name: SettingName): readonly string[];
  keys(name: SettingName): string[];
  /** Of web pages, as browsers write them; `*` for any. */
  origins(name: SettingName): readonly string[];
  brokers(name: SettingName, otherwise: readonly string[]): readonly string[];
  url(name: SettingName, otherwise: string): ReadUrl;
  url(name: SettingName, otherwise: null): ReadUrl | { readonly whole: null };
  file(name: SettingName): string | null;
  directory(name: SettingName): string;
  cacheDirectory(): string;
  /** PEM text, given as it is or as the path of a file. */
  pem(name: SettingName): string | null;
  /** Those whose names begin so. */
  variables(prefix: string): Readonly<Record<string, string>>;
  problem(name: SettingName, expected: string): void;
  finish(): void;
}

function isNetwork(value: string): boolean {
  const [address = '', bits] = value.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined ? !value.includes('/') : /^\d{1,3}$/.test(bits) && Number(bits) <= most);
}

export function createReader(env: Env): SettingsReader {
  const problems: string[] = [];
  const given = (name: string): string | null => givenIn(env, name);
  const text = (name: SettingName): string | null => given(name) ?? SPECS.get(name)?.default ?? null;
  const problem = (name: SettingName, expected: string): void => {
    const value = given(name);
    // A URL may carry a password even where the setting is no secret.
    const plain = value?.replace(/\/\/[^/]*@/, '//***@') ?? '';
    const shown = value === null ? 'not set' : SPECS.get(name)?.secret === true ? 'given, not shown' : JSON.stringify(plain.length > LONGEST_SHOWN ? `${plain.slice(0, LONGEST_SHOWN)}…` : plain);
    problems.push(`${name} (${shown}): expected ${expected}`);
  };
  const list = (name: SettingName): string[] => (text(name) ?? '').split(',').map((one) => one.trim()).filter((one) => one !== '');
  const readable = (name: SettingName, path: string): boolean => {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      problem(name, 'a file that can be read');
      return false;
    }
  };
  function url(name: SettingName, otherwise: string): ReadUrl;
  function url(name: SettingName, otherwise: null): ReadUrl | { readonly whole: null };
  function url(name: SettingName, otherwise: string | null): ReadUrl | { readonly whole: null } {
    const whole = given(name);
    const parsed = whole === null ? null : URL.parse(whole);
    if (whole !== null && (parsed === null || !['http:', 'https:'].includes(parsed.protocol))) problem(name, 'a URL that begins with http:// or https://');
    if (whole === null || parsed === null) return otherwise === null ? { whole: null } : { url: otherwise, whole: null, username: null, password: null };
    const [username, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
    parsed.username = parsed.password = '';
    return { url: parsed.href.replace(/\/$/, ''), whole, username: username === '' ? null : username, password: password === '' ? null : password };
  }
  return {
    text,
    given,
    problem,
    url,
    whole: (name, min, max) => {
      const value = text(name) ?? '';
      const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
      if (number >= min && number <= max) return number;
      // Kubernetes sets <SERVICE>_PORT=tcp://… for every service of a namespace.
      const hint = value.startsWith('tcp://') ? ' (Kubernetes made this one: set enableServiceLinks: false)' : '';
      problem(name, `a whole number from ${min} to ${max}${hint}`);
      return min;
    },
    flag: (name) => {
      const value = text(name)?.toLowerCase();
      if (value !== undefined && !['true', 'false', '1', '0'].includes(value)) problem(name, 'true or false');
      return value === 'true' || value === '1';
    },
    duration: (name, minMs, maxMs) => {
      const [, amount, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text(name) ?? '') ?? [];
      const ms = Number(amount) * (UNITS[unit ?? ''] ?? NaN);
      if (ms >= minMs && ms <= maxMs) return ms;
      problem(name, `a duration like 250ms, 5s, 10m, 72h or 28d, from ${minMs} ms to ${maxMs} ms`);
      return minMs;
    },
    oneOf: (name, values) => {
      const value = text(name)?.toLowerCase();
      const found = values.find((one) => one === value);
      if (value !== undefined && found === undefined) problem(name, `one of ${values.join(', ')}`);
      return found ?? null;
    },
    list,
    networks: (name) => {
      const networks = list(name);
      if (!networks.every(isNetwork)) problem(name, 'addresses and networks like 10.0.0.0/8, separated by commas');
      return networks;
    },
    keys: (name) => {
      const keys = list(name);
      if (keys.some((key) => /[^\x21-\x7e]/.test(key))) problem(name, 'keys of printable ASCII without spaces, separated by commas');
      if (keys.some((key) => /(?:^|:)sha256:(?![0-9a-f]{64}$)/i.test(key))) problem(name, '64 hex digits after sha256:');
      return [...new Set(keys)];
    },
    origins: (name) => {
      const origins = list(name);
      if (origins.some((origin) => origin !== '*' && URL.parse(origin)?.origin !== origin)) problem(name, 'origins like https://app.example, without a path, separated by commas, or *');
      return origins;
    },
    brokers: (name, otherwise) => {
      const value = given(name);
      if (value === null) return otherwise;
      const brokers = value.split(',').map((broker) => broker.trim()).filter((broker) => broker !== '');
      const good = (broker: string): boolean => {
        const port = Number(/^(?:[^\s:/]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(broker)?.[1]);
        return port >= 1 && port <= 65_535;
      };
      if (brokers.length === 0 || !brokers.every(good)) problem(name, 'host:port, several separated by commas');
      return brokers;
    },
    file: (name) => {
      const path = text(name);
      return path !== null && readable(name, path) ? resolve(path) : null;
    },
    directory: (name) => resolve(text(name) ?? '.'),
    cacheDirectory: () => cacheDirectory(env),
    pem: (name) => {
      const value = given(name);
      if (value === null) return null;
      const pem = value.startsWith('-----BEGIN ') ? value.replaceAll('\\n', '\n') : readable(name, value) ? readFileSync(value, 'utf8') : null;
      if (pem !== null && !pem.includes('-----BEGIN ')) problem(name, 'PEM text or a file with it');
      return pem;
    },
    variables: (prefix) => Object.fromEntries(Object.keys(env).filter((name) => name.startsWith(prefix)).flatMap((name) => {
      const value = given(name);
      return value === null ? [] : [[name, value]];
    })),
    finish: () => {
      if (problems.length > 0) throw new SettingsError(problems);
    },
  };
}
