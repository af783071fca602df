/** The statements of a challenge's evidence, with how the answer of each is compared. */
import type { ClickHouse } from '../../../infra/ports.ts';
import type { Challenge } from '../../../schemas/records.ts';
import { levelDifferences, teamDifferences, thresholdDifferences } from './compare.ts';
import type { LevelRow, TeamRow, ThresholdRow } from './compare.ts';
import { levelsSql, teamsSql, thresholdsSql } from './sql.ts';
import type { RuleShape } from './sql.ts';

export interface Statement {
  readonly what: string;
  readonly sql: string;
  /** A line for each number that is another in ClickHouse. */
  readonly differences: (clickhouse: ClickHouse) => Promise<string[]>;
}

export function statementsOf(challenge: Challenge, rule: RuleShape): Statement[] {
  const levels = levelsSql(challenge, rule);
  const teams = teamsSql(challenge, rule);
  const thresholds = thresholdsSql(challenge, rule);
  return [
    { what: 'levels', sql: levels, differences: async (clickhouse) => levelDifferences(challenge, await clickhouse.query<LevelRow>(levels)) },
    ...(thresholds === null ? [] : [{ what: 'thresholds', sql: thresholds, differences: async (clickhouse: ClickHouse) => thresholdDifferences(challenge, await clickhouse.query<ThresholdRow>(thresholds)) }]),
    ...(teams === null ? [] : [{ what: 'teams', sql: teams, differences: async (clickhouse: ClickHouse) => teamDifferences(challenge, await clickhouse.query<TeamRow>(teams)) }]),
  ];
}
