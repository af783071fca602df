/** A transition in plain words: what, who, since when, what to do. Pure. */
import type { Challenge, Evidence, Resolution, TeamEvidence } from '../../schemas/records.ts';

const SUBJECT: Readonly<Record<Challenge['signal_class'], string>> = {
  error: 'users keep meeting an error',
  time: 'its task takes too long',
  action: 'its task is abandoned, fails, or is not used at all',
};
const STAGES: Readonly<Record<Challenge['stage'], string>> = {
  data: 'data collection, cleaning and labeling',
  features: 'feature engineering',
  training: 'model training',
  deployment: 'model deployment',
};
export const DIMENSIONS: Readonly<Record<Challenge['dimension'], { readonly name: string; readonly todo: string }>> = {
  ET: { name: 'Education & Training', todo: 'Teach: experts manage, so the know-how exists. Write or link a tutorial where the users meet it, and pair the teams named here with experts.' },
  SoP: { name: 'Simplicity of Platform', todo: 'Simplify: experts meet it too, so teaching will not help. Change the feature, its defaults or what it tells its users.' },
};
const RESOLUTIONS: Readonly<Record<Resolution, string>> = {
  recovered: 'the users it harmed no longer meet it',
  spread: 'other levels now meet it too, so it is no longer theirs alone; look for a new challenge on the same feature',
  no_data: 'nobody has used the feature enough for four weeks to tell',
  reclassification: 'users changed level, not the platform',
  rule_changed: 'the rule that found it has changed',
};
/** Teams named at most: the message is to be read on a phone. Ours. */
const TEAMS_SHOWN = 3;
/** Of fewer users nothing is said: it would point at persons. Ours. */
const FEWEST_SHOWN = 5;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `dashboardUrl`: where the web page is; null: no link. */
export function messageOf(challenge: Challenge, dashboardUrl: string | null = null): string {
  const { status, dimension, feature, stage, signal_class: signalClass, summary, teams } = challenge;
  const link = linkOf(challenge, dashboardUrl);
  const head = { opened: 'New challenge', updated: 'Challenge changed', resolved: 'Challenge resolved' }[status];
  const lines = [
    `${head} (${dimension}, ${DIMENSIONS[dimension].name}): ${feature}, in ${STAGES[stage]}.`,
    `What: ${summary === '' ? SUBJECT[signalClass] : summary}`,
    `Who: ${challenge.evidence.map(evidenceText).join('; ')}.`,
    ...(teams.length === 0 ? [] : [`Teams most affected: ${worst(teams).map((team) => `${team.team} ${team.affected} of ${team.eligible}`).join(', ')}.`]),
    `Since: ${utc(challenge.opened_at)} (days looked at: ${utc(challenge.window_from)} to ${utc(challenge.window_to)}).`,
    ...(link === null ? [] : [`Evidence: ${link}`]),
  ];
  if (status !== 'resolved') return [...lines, `What to do: ${DIMENSIONS[dimension].todo}`].join('\n');
  const why = challenge.resolution === null ? '' : `: ${RESOLUTIONS[challenge.resolution]}`;
  return [...lines, `Resolved: ${utc(challenge.resolved_at ?? challenge.evaluated_at)}${why}.`].join('\n');
}

export const linkOf = ({ challenge_id }: Pick<Challenge, 'challenge_id'>, dashboardUrl: string | null): string | null => (dashboardUrl === null ? null : `${dashboardUrl.replace(/\/+$/, '')}/challenges/${encodeURIComponent(challenge_id)}`);

function evidenceText({ level, measure, affected, eligible, value, op, threshold }: Evidence): string {
  const limit = op === null || threshold === null ? '' : `, rule ${op} ${measure === 'share' ? percent(threshold) : duration(threshold)}`;
  if (eligible === 0) return `${level}: nobody to judge by`;
  if (eligible < FEWEST_SHOWN) return `${level}: fewer than ${FEWEST_SHOWN} users`;
  if (measure === 'share') return `${level} ${value === null ? '' : `${percent(value)} `}(${affected} of ${eligible}${limit})`;
  return `${level} median ${value === null ? 'never finished' : duration(value)} (${eligible} users${limit})`;
}

const worst = (teams: readonly TeamEvidence[]): TeamEvidence[] =>
  teams.toSorted((a, b) => b.affected / b.eligible - a.affected / a.eligible || b.eligible - a.eligible || (a.team < b.team ? -1 : 1)).slice(0, TEAMS_SHOWN);

const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  return ms < HOUR_MS ? `${(ms / MINUTE_MS).toFixed(1)} min` : `${(ms / HOUR_MS).toFixed(1)} h`;
}
