/** What goes to a receiver, whatever it is: each takes of it what it can show. Pure. */
import type { Challenge } from '../../schemas/records.ts';
import { messageOf } from './message.ts';
import type { Told } from './routes/course.ts';
import type { Notice } from './webhook.ts';

export interface Letter extends Notice {
  readonly key: string;
  /** One line. */
  readonly subject: string;
  /** Plain text for people. */
  readonly message: string;
  /** The same for those that belong together. */
  readonly thread: string;
  /** For a log line. */
  readonly about: Readonly<Record<string, string>>;
}

const keyOf = ({ challenge_id, status, evaluated_at }: Challenge): string => `${challenge_id}/${status}/${evaluated_at}`;
const subjectOf = ({ dimension, status, feature }: Challenge): string => `[Chokepoint] ${dimension} ${status}: ${feature}`;

/** To the one webhook of ALERTS_WEBHOOK_URL. */
export function plainLetter(challenge: Challenge, dashboardUrl: string | null): Letter {
  const message = messageOf(challenge, dashboardUrl);
  return { key: keyOf(challenge), body: JSON.stringify({ challenge, message }), subject: subjectOf(challenge), message, thread: challenge.challenge_id, about: { dimension: challenge.dimension, status: challenge.status } };
}

/** Of a route: two routes to one receiver have keys of their own. */
export function routeLetter(route: string, challenge: Challenge, { severity, owner, thread }: Told, dashboardUrl: string | null): Letter {
  const message = `${messageOf(challenge, dashboardUrl)}\nSeverity: ${severity}. Owner of the feature: ${owner ?? 'none in the catalog'}.`;
  return {
    ...plainLetter(challenge, null),
    key: `${route}/${keyOf(challenge)}`,
    body: JSON.stringify({ route, severity, owner, thread, challenge, message }),
    message,
    thread: `${route}/${thread}`,
  };
}
