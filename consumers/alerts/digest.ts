/** A letter about everything that a route has heard since the last one. Pure. */
import type { Challenge, Dimension } from '../../schemas/records.ts';
import type { Letter } from './letter.ts';
import { DIMENSIONS, linkOf, utc } from './message.ts';
import type { Told } from './routes/course.ts';

export interface DigestItem {
  readonly challenge: Challenge;
  readonly told: Told;
}

export interface Digest {
  readonly route: string;
  /** Epoch milliseconds: the digest's hour, and that of the one before. */
  readonly from: number;
  readonly to: number;
  /** In the order of the log. */
  readonly items: readonly DigestItem[];
  /** How many of the route's challenges are open. */
  readonly open: number;
  readonly dashboardUrl: string | null;
}

/** Ours: more are counted and not shown; a letter is to be read. */
const MOST_SHOWN = 50;

/** The last notice of each group says how it stands: what opened and was resolved in between is told once. */
function latest(items: readonly DigestItem[]): readonly DigestItem[] {
  return [...new Map(items.map((item) => [item.told.thread, item])).values()];
}

/** Null where there is nothing to tell. */
export function digestLetter({ route, from, to, items, open, dashboardUrl }: Digest): Letter | null {
  const all = latest(items);
  const [first] = all;
  if (first === undefined) return null;
  const shown = all.slice(0, MOST_SHOWN);
  const count = (status: Challenge['status']): number => all.filter(({ challenge }) => challenge.status === status).length;
  const counts = (['opened', 'updated', 'resolved'] as const).flatMap((status) => (count(status) === 0 ? [] : [`${count(status)} ${status}`])).join(', ');
  const dimensions = (['ET', 'SoP'] as const).filter((dimension) => all.some(({ challenge }) => challenge.dimension === dimension));
  const message = [
    `Challenges from ${utc(from)} to ${utc(to)}: ${counts}; ${open} open now.`,
    ...dimensions.flatMap((dimension) => section(dimension, shown.filter(({ challenge }) => challenge.dimension === dimension), dashboardUrl)),
    ...(all.length > shown.length ? ['', `and ${all.length - shown.length} more${dashboardUrl === null ? '' : `: ${dashboardUrl}`}`] : []),
  ].join('\n');
  const body = { route, digest: { from, to }, open, challenges: shown.map(({ challenge, told }) => ({ ...told, challenge })), more: all.length - shown.length, message };
  return { key: `${route}/digest/${to}`, body: JSON.stringify(body), subject: `[Chokepoint] ${dimensions.join(' and ')}: ${counts}`, message, thread: `${route}/digest`, about: { route, status: 'digest' } };
}

function section(dimension: Dimension, items: readonly DigestItem[], dashboardUrl: string | null): string[] {
  if (items.length === 0) return [];
  const lines = items.map(({ challenge, told }) => {
    const link = linkOf(challenge, dashboardUrl);
    return `- ${challenge.status}: ${challenge.feature} (${challenge.stage}, ${told.severity}): ${challenge.summary === '' ? challenge.rule_id : challenge.summary}${link === null ? '' : ` ${link}`}`;
  });
  const isOver = items.every(({ challenge }) => challenge.status === 'resolved');
  return ['', `${dimension}, ${DIMENSIONS[dimension].name}`, ...lines, ...(isOver ? [] : [`What to do: ${DIMENSIONS[dimension].todo}`])];
}
