/** What the system found, as an analyst would ask for it: from ClickHouse, through the exact views. */
import type { Dimension, SignalClass, Stage } from '../../schemas/records.ts';
import type { ClickHouse } from '../ports.ts';

interface FoundChallenge {
  readonly rule_id: string;
  readonly dimension: Dimension;
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
  readonly fingerprint: string | null;
  readonly first_opened: string;
  readonly episodes: number;
  readonly last_status: string;
  readonly last_resolution: string | null;
  /** Of the latest opening. */
  readonly summary: string;
}

export interface Found {
  readonly levels: ReadonlyMap<string, number>;
  readonly level_of: ReadonlyMap<string, string>;
  readonly challenges: readonly FoundChallenge[];
  readonly model: { readonly sizes: readonly number[]; readonly silhouette: number | null } | null;
}

/** Distinct (rule, finding) ever opened. */
const CHALLENGES = `
SELECT rule_id, toString(c.dimension) AS dimension, toString(c.stage) AS stage, feature, toString(c.signal_class) AS signal_class, fingerprint,
  toString(min(c.opened_at)) AS first_opened, toUInt32(uniqExact(c.challenge_id)) AS episodes, toString(argMax(c.status, c.evaluated_at)) AS last_status,
  argMax(tuple(c.resolution), c.evaluated_at).1 AS last_resolution, argMaxIf(c.summary, c.evaluated_at, c.status = 'opened') AS summary
FROM challenges AS c
GROUP BY rule_id, c.dimension, c.stage, feature, c.signal_class, fingerprint
ORDER BY first_opened, rule_id, feature`;

export async function readFound(clickhouse: ClickHouse): Promise<Found> {
  const users = await clickhouse.query<{ user_id: string; level: string }>('SELECT user_id, toString(level) AS level FROM expertise_current');
  const levels = new Map<string, number>();
  for (const { level } of users) levels.set(level, (levels.get(level) ?? 0) + 1);
  const models = await clickhouse.query<{ sizes: number[]; silhouette: number | null }>("SELECT sizes, silhouette FROM expertise_models WHERE decision = 'new' ORDER BY trained_at DESC LIMIT 1");
  return { levels, level_of: new Map(users.map(({ user_id, level }) => [user_id, level])), challenges: await clickhouse.query<FoundChallenge>(CHALLENGES), model: models[0] ?? null };
}
