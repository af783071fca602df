/**
 * The local ClickHouse with the rights that access.sql gives to one of its users or roles. The embedded engine keeps no users of its own making, but it
 * enforces those of a users.xml: so the statements of access.sql are put into one, and everything runs as the user or role in question.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessSql } from '../../infra/clickhouse/access.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { LOOPBACK } from '../../infra/local/ports.ts';
import { startPart } from '../../infra/local/supervise.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import { freePort } from './parts.ts';

const SERVER = fileURLToPath(new URL('../../infra/local/clickhouseServer.ts', import.meta.url));

export const statementsOf = (sql: string): string[] => sql.replaceAll(/^--.*\n/gm, '').split(/;\n/).map((statement) => statement.trim()).filter((statement) => statement !== '');

const named = (name: string): RegExp => new RegExp(` TO (?:\`[^\`]+\`, )*\`${name}\``);

/** The GRANTs of a user or role, and of the roles that it has, without their TO. */
export function grantsOf(statements: readonly string[], name: string): string[] {
  return statements.filter((statement) => statement.startsWith('GRANT ') && named(name).test(statement)).flatMap((grant) => {
    const role = /^GRANT `([^`]+)` TO/.exec(grant)?.[1];
    return role === undefined ? [grant.replace(/ TO .*$/, '')] : grantsOf(statements, role);
  });
}

/** `<profiles>`' part and `<quotas>`' part for a role, from the texts of its settings profile and of its quota. */
function limitsOf(statements: readonly string[], name: string): { readonly profile: string; readonly quota: string } {
  const profile = new RegExp(`^CREATE ROLE IF NOT EXISTS \`${name}\` SETTINGS PROFILE \`([^\`]+)\``);
  const of = statements.map((statement) => profile.exec(statement)?.[1]).find((found) => found !== undefined);
  const settings = statements.find((statement) => statement.startsWith(`ALTER SETTINGS PROFILE \`${of ?? ''}\` SETTINGS `))?.replace(/^.* SETTINGS /, '').split(', ') ?? [];
  const parts = settings.map((setting) => {
    const [, key = '', value = '', min, max, constant] = /^(\w+) = (\d+)(?: MIN (\d+) MAX (\d+))?( CONST)?$/.exec(setting) ?? assert.fail(setting);
    const bounds = constant !== undefined ? '<readonly/>' : min === undefined ? '' : `<min>${min}</min><max>${max ?? ''}</max>`;
    return [`<${key}>${value}</${key}>`, bounds === '' ? '' : `<${key}>${bounds}</${key}>`] as const;
  });
  const quota = statements.find((statement) => statement.startsWith('ALTER QUOTA ') && named(name).test(statement));
  const most = /INTERVAL 1 hour MAX (.*?) TO/.exec(quota ?? '')?.[1]?.split(', ').map((limit) => limit.replace(/^(\w+) = (\d+)$/, '<$1>$2</$1>')).join('') ?? '';
  return { profile: `${parts.map(([value]) => value).join('')}<constraints>${parts.map(([, bounds]) => bounds).join('')}</constraints>`, quota: most === '' ? '' : `<interval><duration>3600</duration>${most}</interval>` };
}

const user = (name: string, profile: string, quota: string, rights: string): string => `<${name}><password/><networks><ip>::/0</ip></networks><profile>${profile}</profile><quota>${quota}</quota>${rights}</${name}>`;
const grantsXml = (grants: readonly string[]): string => `<grants>${grants.map((grant) => `<query>${grant}</query>`).join('')}</grants>`;

/** `name`: of access.sql for the database; null: who may do everything. `change`: to the document, where a test cannot wait for a limit. */
function usersXml(database: string, name: string | null, change: (xml: string) => string): string {
  const statements = statementsOf(accessSql(database));
  const { profile, quota } = name === null ? { profile: '', quota: '' } : limitsOf(statements, name);
  const rights = name === null ? '<access_management>1</access_management>' : grantsXml(grantsOf(statements, name));
  const views = `${database}_views`;
  return change(`<clickhouse><profiles><default>${profile}</default><plain/></profiles><quotas><default>${quota}</default><plain/></quotas>
<users>${user('default', 'default', 'default', rights)}${user(views, 'plain', 'plain', grantsXml(grantsOf(statements, views)))}</users></clickhouse>`);
}

/** One at a time in a directory: what was written stays for the next one. */
export async function withRights<T>(dataDir: string, database: string, name: string | null, work: (clickhouse: ClickHouse) => Promise<T>, change: (xml: string) => string = (xml) => xml): Promise<T> {
  const [path, users] = [join(dataDir, 'engine', 'data'), join(dataDir, 'users.xml')];
  mkdirSync(path, { recursive: true });
  writeFileSync(users, usersXml(database, name, change));
  const port = await freePort();
  const url = `http://${LOOPBACK}:${port}`;
  const part = await startPart({
    name: 'clickhouse', command: process.execPath, args: [SERVER, '--path', path, '--port', String(port), '--users', users], env: { TZ: 'UTC' }, dataDir,
    ready: async () => fetch(`${url}/ping`).then(({ ok }) => ok, () => false),
  });
  const login = { url, username: 'default', password: '' };
  const clickhouse = connectClickHouse({ ...login, database });
  try {
    if (name === null) {
      const server = connectClickHouse({ ...login, database: 'default' });
      await server.command(`CREATE DATABASE IF NOT EXISTS \`${database}\``);
      await server.close();
    }
    return await work(clickhouse);
  } finally {
    await clickhouse.close();
    await part.stop();
  }
}
