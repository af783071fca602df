/** Where a route's notices go, as a routes file says it. Secrets are named, never written: `{ env: ALERTS_SECRET_… }` or `{ file: … }`. */
import type { SmtpServer } from '../mail.ts';
import { readMap, type FieldsReader, type Problems } from './fields.ts';

export type Target =
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | null; readonly allowPrivate: boolean }
  | { readonly kind: 'slack'; readonly url: string; readonly allowPrivate: boolean }
  | { readonly kind: 'alertmanager'; readonly url: string; readonly allowPrivate: boolean }
  | { readonly kind: 'email'; readonly to: readonly string[]; readonly server: SmtpServer };

/** What secrets are read from. */
export interface Secrets {
  /** Variables of the environment that begin with SECRET_PREFIX: no other can be sent out by a routes file. */
  readonly variables: Readonly<Record<string, string>>;
  /** Throws where it cannot. */
  readonly readFile: (path: string) => string;
}

const SECRET_PREFIX = 'ALERTS_SECRET_';
const KINDS = ['webhook', 'slack', 'alertmanager', 'email'] as const;
const SMTP = ['host', 'port', 'security', 'from', 'username', 'password', 'allow_private'] as const;
/** Ours: no more than a person could have meant; who is many is a list of the mail server's. */
const ADDRESS = /^[^\s<>@,;"]+@[^\s<>@,;"]+$/;
const SECURITIES = ['starttls', 'tls', 'none'] as const;
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;
const SECRET_FORMS = `{ env: ${SECRET_PREFIX}… } or { file: … }`;

/** What needs to be told to people in their hours; the others are machines, which have hours of their own. */
export const isForPeople = ({ kind }: Target): boolean => kind === 'slack' || kind === 'email';

/** For health: no paths, which may be secrets. */
export function describeTarget(target: Target): string {
  if (target.kind === 'email') return `email to ${target.to.length} by ${target.server.host}`;
  return `${target.kind} at ${new URL(target.url).host}`;
}

export interface TargetContext {
  readonly secrets: Secrets;
  readonly problems: Problems;
  /** Of the file; null where it names none, undefined where what it says is wrong. */
  readonly smtp: SmtpServer | null | undefined;
}

/** A map with one field, the kind. */
export function readTarget(value: unknown, at: string, { secrets, problems, smtp }: TargetContext): Target | null {
  const given = readMap(value, at, KINDS, problems);
  if (given === null) return null;
  const kinds = KINDS.filter(given.has);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    problems.tell(at, `must be one of ${KINDS.map((each) => `{ ${each}: … }`).join(', ')}`);
    return null;
  }
  switch (kind) {
    case 'webhook': {
      const fields = given.map(kind, ['url', 'secret', 'allow_private']);
      if (fields === null) return null;
      const url = readUrl(fields, typeof fields.raw('url') === 'string' ? fields.text('url') : readSecret(fields, 'url', secrets, problems));
      const secret = readSecret(fields, 'secret', secrets, problems);
      return url === null ? null : { kind, url, secret, allowPrivate: fields.flag('allow_private') ?? false };
    }
    case 'slack': {
      const fields = given.map(kind, ['url', 'allow_private']);
      if (fields === null) return null;
      // Whoever knows it can post: the URL is the secret.
      const url = readUrl(fields, readSecret(fields, 'url', secrets, problems));
      return url === null ? null : { kind, url, allowPrivate: fields.flag('allow_private') ?? false };
    }
    case 'alertmanager': {
      const fields = given.map(kind, ['url', 'allow_private']);
      if (fields === null) return null;
      // It may hold a user and a password.
      const url = readUrl(fields, typeof fields.raw('url') === 'string' ? fields.text('url') : readSecret(fields, 'url', secrets, problems));
      return url === null ? null : { kind, url, allowPrivate: fields.flag('allow_private') ?? false };
    }
    case 'email': {
      const to = given.texts(kind);
      if (smtp === null) problems.tell(`${at}.email`, 'needs smtp at the top of the file: the server that takes mail');
      for (const address of to ?? []) if (!ADDRESS.test(address)) problems.tell(`${at}.email`, `must be addresses like team@example.com, and has ${JSON.stringify(address)}`);
      return to === null || smtp === null || smtp === undefined ? null : { kind, to: [...new Set(to)], server: smtp };
    }
  }
}

/** `smtp` of the file; undefined, and told, where it is wrong. */
export function readSmtp(value: unknown, secrets: Secrets, problems: Problems): SmtpServer | undefined {
  const fields = readMap(value, 'smtp', SMTP, problems);
  if (fields === null) return undefined;
  const [host, from, user, security] = [fields.text('host'), fields.text('from'), fields.text('username'), fields.word('security', SECURITIES) ?? 'starttls'];
  const [port, pass] = [fields.whole('port', 1, 65_535) ?? PORTS[security], readSecret(fields, 'password', secrets, problems)];
  for (const name of ['host', 'from']) if (!fields.has(name)) fields.tell(name, 'is missing');
  if (fields.has('username') !== fields.has('password')) fields.tell('username', 'and password: both or neither');
  if (fields.has('password') && security === 'none') fields.tell('security', 'must not be none where there is a password: anybody on the way could read it');
  return host === null || from === null ? undefined : { host, port, security, from, auth: user === null || pass === null ? null : { user, pass }, allowPrivate: fields.flag('allow_private') ?? false };
}

function readUrl(fields: FieldsReader, url: string | null): string | null {
  if (url === null) {
    if (!fields.has('url')) fields.tell('url', 'is missing');
    return null;
  }
  if (['http:', 'https:'].includes(URL.parse(url)?.protocol ?? '')) return url;
  fields.tell('url', 'must be a URL that begins with http:// or https://');
  return null;
}

function readSecret(fields: FieldsReader, name: string, { variables, readFile }: Secrets, problems: Problems): string | null {
  if (!fields.has(name)) return null;
  const at = `${fields.at}.${name}`;
  if (typeof fields.raw(name) === 'string') {
    problems.tell(at, `must not be in the file: give ${SECRET_FORMS}`);
    return null;
  }
  const given = fields.map(name, ['env', 'file']);
  const [env, file] = [given?.text('env') ?? null, given?.text('file') ?? null];
  if ((env === null) === (file === null)) {
    problems.tell(at, `must be ${SECRET_FORMS}`);
    return null;
  }
  const value = env === null ? fileOf(file ?? '', at, readFile, problems) : variableOf(env, at, variables, problems);
  if (value === '') problems.tell(at, 'names a secret that is empty');
  return value === '' ? null : value;
}

function variableOf(env: string, at: string, variables: Secrets['variables'], problems: Problems): string | null {
  if (!env.startsWith(SECRET_PREFIX)) problems.tell(`${at}.env`, `must begin with ${SECRET_PREFIX}, and is ${env}`);
  else if (variables[env] === undefined) problems.tell(`${at}.env`, `names ${env}, which is not set`);
  else return variables[env].trim();
  return null;
}

function fileOf(file: string, at: string, readFile: Secrets['readFile'], problems: Problems): string | null {
  try {
    return readFile(file).trim();
  } catch {
    problems.tell(`${at}.file`, `names ${file}, which cannot be read`);
    return null;
  }
}
