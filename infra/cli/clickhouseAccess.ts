/** `chokepoint clickhouse-access`: the rights of services and people in ClickHouse, as SQL for clickhouse-client. */
import { accessSql } from '../clickhouse/access.ts';
import { readSettings } from '../settings.ts';
import { readArguments } from './arguments.ts';

export function clickhouseAccess(args: readonly string[]): Promise<number> {
  if (readArguments('clickhouse-access', {}, args) !== null) process.stdout.write(accessSql(readSettings(process.env).clickhouse.database));
  return Promise.resolve(0);
}
