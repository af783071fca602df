/** The catalog with what became of each feature, and features that events name and it lacks. */
import type { CatalogShape } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { isFew } from './few.ts';
import { DAY_MS } from './latest.ts';

const DAYS = 28;

export async function readCatalog(ask: Ask, latest: number | null): Promise<CatalogShape> {
  const [features, unknown] = await Promise.all([
    ask<Omit<CatalogShape['features'][number], 'latest_at' | 'signals'> & { signals: number; latest: number; users: number }>(
      `SELECT f.feature AS feature, f.title AS title, f.stage AS stage, toString(f.tool) AS tool, f.core AS core, f.expected_ms AS expected_ms, f.owner AS owner, ifNull(s.signals, 0) AS signals, ifNull(s.latest, 0) AS latest, ifNull(s.users, 0) AS users, ifNull(c.open, 0) AS open_challenges
FROM features AS f
LEFT JOIN (SELECT toString(feature) AS feature, count() AS signals, toUnixTimestamp64Milli(max(occurred_at)) AS latest, uniqExact(user_id) AS users FROM signals WHERE occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') GROUP BY feature) AS s ON s.feature = f.feature
LEFT JOIN (SELECT toString(feature) AS feature, count() AS open FROM challenges_current WHERE status != 'resolved' GROUP BY feature) AS c ON c.feature = f.feature
ORDER BY indexOf(['data', 'features', 'training', 'deployment'], toString(f.stage)), f.feature LIMIT 5000`,
      { from: Math.max(0, (latest ?? 0) - DAYS * DAY_MS) },
    ),
    // The processor says it in words (streams/steps/enrich.ts); those that the catalog has by now wait for a replay, and are not unknown.
    ask<CatalogShape['unknown'][number]>(
      `SELECT substringUTF8(extract(detail, '^feature (.*) is not in the catalog'), 1, 200) AS feature, count() AS letters, toUnixTimestamp64Milli(min(failed_at)) AS first, toUnixTimestamp64Milli(max(failed_at)) AS last
FROM dead_letters WHERE reason = 'unknown_feature' AND feature != '' AND feature NOT IN (SELECT feature FROM features) GROUP BY feature ORDER BY letters DESC, feature LIMIT 200`,
    ),
  ]);
  return { features: features.map(({ signals, latest: at, users, ...row }) => ({ ...row, signals: isFew(users) ? null : signals, latest_at: at === 0 || isFew(users) ? null : at })), unknown };
}
