/** Who may do what in ClickHouse: access.sql, for the database of an app. A user per service, roles for people. */
import { readFileSync } from 'node:fs';

const SQL = readFileSync(new URL('access.sql', import.meta.url), 'utf8');

/** Users, roles and the like belong to the whole server, so that their names begin with the database's. */
export function accessSql(database: string): string {
  const name = database.replace(/[\\`]/g, '\\$&');
  return SQL.replaceAll('`chokepoint`', () => `\`${name}\``).replaceAll('`chokepoint_', () => `\`${name}_`).replaceAll('OF chokepoint_', () => `OF ${name}_`);
}
