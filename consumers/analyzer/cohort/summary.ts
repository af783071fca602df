/** A challenge in one sentence that a product owner understands. */
import type { Evidence, Level, Resolution } from '../../../schemas/records.ts';
import type { FingerprintLabel } from '../partials.ts';

/** Longer messages are cut: the sentence is to be read at a glance. */
const MESSAGE_CHARS = 120;

export interface SummaryInput {
  readonly ruleId: string;
  /** The feature as people know it. */
  readonly title: string;
  readonly evidence: readonly Evidence[];
  /** The error in words. */
  readonly label: string | null;
  readonly g: number;
  readonly regressed: boolean;
  readonly resolution: Resolution | null;
}

export const labelText = ({ code, message }: FingerprintLabel): string => `${code}: ${message.length > MESSAGE_CHARS ? `${message.slice(0, MESSAGE_CHARS - 1)}…` : message}`;

const MINUTE_MS = 60_000;

/** "850 ms", "12 s", "7 min", "2.5 h"; no end is "no end in sight". */
function duration(ms: number | null): string {
  if (ms === null) return 'no end in sight';
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 2 * MINUTE_MS) return `${String(Math.round(ms / 1000))} s`;
  if (ms < 120 * MINUTE_MS) return `${String(Math.round(ms / MINUTE_MS))} min`;
  return `${String(Math.round(ms / (6 * MINUTE_MS)) / 10)} h`;
}

const percent = (share: number | null): string => (share === null ? 'none' : `${String(Math.round(share * 100))} %`);

function sentence({ ruleId, title, evidence, label, g }: SummaryInput): string {
  const row = (level: Level): Evidence | undefined => evidence.find((one) => one.level === level);
  const value = (level: Level): number | null => row(level)?.value ?? null;
  const shareOf = (level: Level): string => percent(value(level));
  const timeOf = (level: Level): string => ((row(level)?.eligible ?? 0) === 0 ? 'unknown' : duration(value(level)));
  const everyone = `${shareOf('expert')} of experts, ${shareOf('intermediate')} of intermediates and ${shareOf('beginner')} of beginners`;
  const novices = `${shareOf('beginner')} of beginners but ${shareOf('expert')} of experts`;
  const error = label === null ? 'the same error' : `'${label}'`;
  switch (ruleId) {
    case 'error-everyone':
      return `${everyone} meet ${error} on ${title}; make it impossible, or say beforehand what it takes.`;
    case 'error-novices':
      return `${novices} keep meeting ${error} on ${title}; teach how experts avoid it.`;
    case 'slow-everyone':
      return `${title} takes experts ${timeOf('expert')}, intermediates ${timeOf('intermediate')} and beginners ${timeOf('beginner')}, more than twice what is expected; make it simpler or faster.`;
    case 'slow-novices':
      return `${title} takes beginners ${timeOf('beginner')} and experts ${timeOf('expert')}, a larger gap than elsewhere (${String(Math.round(g * 10) / 10)} times); teach the experts' way.`;
    case 'abandoned-everyone':
      return `${everyone} mostly give up or fail at ${title}; make it simpler.`;
    case 'abandoned-novices':
      return `${novices} mostly give up or fail at ${title}; teach how to get it done.`;
    case 'unused-by-novices':
      return `${shareOf('expert')} of experts but ${shareOf('beginner')} of beginners use ${title}; show beginners what it is for.`;
    default:
      return `${ruleId} holds on ${title}: ${everyone}.`;
  }
}

const RESOLVED: Readonly<Record<Resolution, string>> = {
  recovered: 'Resolved, it has recovered: ',
  spread: 'Resolved as such, it has spread to other levels: ',
  no_data: 'Closed, too few users for four weeks: ',
  reclassification: 'Closed, users were given other levels: ',
  rule_changed: 'Closed, the rule has changed: ',
};

export function summaryOf(input: SummaryInput): string {
  const back = input.regressed ? ' It was resolved before and has come back (regressed).' : '';
  return `${input.resolution === null ? '' : RESOLVED[input.resolution]}${sentence(input)}${back}`;
}
