/** A challenge as an alert of Alertmanager's API v2. Pure. */
import { linkOf, messageOf } from './message.ts';
import type { Followed } from './routes/course.ts';

export interface Alert {
  /** They identify the alert: all of them must stay the same for its life. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

export const ALERTS_PATH = '/api/v2/alerts';

/** `endsAt`: epoch milliseconds; in the future while it is open. */
export function alertOf({ challenge, owner, first }: Followed, endsAt: number, dashboardUrl: string | null): Alert {
  const { challenge_id, group_id, rule_id, dimension, stage, feature, summary, opened_at } = challenge;
  const link = linkOf(challenge, dashboardUrl);
  return {
    labels: { alertname: 'ChokepointChallenge', dimension, stage, feature, rule: rule_id, severity: first, ...(owner === null ? {} : { owner }), group_id, challenge_id },
    annotations: { summary: summary === '' ? `${dimension}: ${feature}` : summary, description: messageOf(challenge, dashboardUrl) },
    // It must not begin after its end: the log's time may be ahead of this machine's.
    startsAt: new Date(Math.min(opened_at, endsAt)).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    ...(link === null ? {} : { generatorURL: link }),
  };
}
