/** What the rule saw at each midnight, with the days on which the challenge was open. */
import type { ChallengeShape, Midnight } from '../shapes.ts';
import { bottomAxis, figure, group, leftAxis, measured, symbolPath, utcDay } from './chart.ts';
import { s, table } from './dom.ts';
import { day, moment, plural } from './format.ts';
import { shown } from './evidenceChart.ts';
import { dayTicks } from './ticks.ts';
import { levelName, levelOrder } from './words.ts';

const MARGIN = { top: 22, right: 18, bottom: 26, left: 52 };
/** Before it opened, this much is shown. */
const BEFORE_MS = 45 * 86_400_000;

interface Point {
  readonly at: number;
  readonly value: number | null;
}

interface Series {
  readonly level: string;
  readonly threshold: number | null;
  readonly points: readonly Point[];
}

export function shownMidnights({ card, midnights }: ChallengeShape): readonly Midnight[] {
  return midnights.filter(({ evaluated_at }) => evaluated_at >= card.opened_at - BEFORE_MS);
}

export function levelsOf(midnights: readonly Midnight[]): string[] {
  return [...new Set(midnights.flatMap(({ levels }) => levels.filter((one) => one.op !== null).map(({ level }) => level)))].sort((a, b) => levelOrder(a) - levelOrder(b));
}

function seriesOf(midnights: readonly Midnight[]): Series[] {
  return levelsOf(midnights).map((level) => {
    const of = (midnight: Midnight) => midnight.levels.find((one) => one.level === level) ?? null;
    return { level, threshold: midnights.map(of).findLast((one) => one !== null)?.threshold ?? null, points: midnights.map((midnight) => ({ at: midnight.evaluated_at, value: of(midnight)?.value ?? null })) };
  });
}

export function timelineFigure(shape: ChallengeShape): HTMLElement {
  const midnights = shownMidnights(shape);
  const measure = midnights[0]?.levels[0]?.measure ?? 'share';
  const series = seriesOf(midnights);
  const { card } = shape;
  const fixed = card.state?.fixed_at ?? null;
  const ends = `opened ${day(card.opened_at)}${card.resolved_at === null ? ', still open' : `, resolved ${day(card.resolved_at)}`}`;
  const label = `${plural(midnights.length, 'midnight')}, ${measure === 'share' ? 'share of users affected' : 'median time'} by level; ${ends}`;
  return figure(label, (width) => (width < 500 ? 220 : 280), ({ svg, width, height }) => {
    const [first, last] = [midnights[0]?.evaluated_at ?? 0, Math.max(midnights.at(-1)?.evaluated_at ?? 1, card.resolved_at ?? 0, fixed ?? 0)];
    const x = d3.scaleUtc([first, last], [MARGIN.left, width - MARGIN.right]);
    const { top, marks, format } = measured(measure, Math.max(1, ...series.flatMap(({ points, threshold }) => [threshold ?? 0, ...points.map(({ value }) => value ?? 0)])), 5);
    const y = d3.scaleLinear([0, top], [height - MARGIN.bottom, MARGIN.top]);
    const within = (at: number): number => Math.min(Math.max(x(at), MARGIN.left), width - MARGIN.right);
    for (const { opened_at, resolved_at } of [...shape.episodes, card]) {
      const [from, to] = [within(opened_at), within(resolved_at ?? last)];
      if (to > from) svg.append(s('rect', { x: from, y: MARGIN.top, width: to - from, height: height - MARGIN.top - MARGIN.bottom, class: `episode ${card.dimension}` }));
    }
    leftAxis(group(svg, MARGIN.left, 0), y, width - MARGIN.left - MARGIN.right, marks, format);
    bottomAxis(svg, x, height - MARGIN.bottom, dayTicks(first, last, Math.max(2, Math.floor(width / 100))), utcDay);
    for (const { level, threshold, points } of series) {
      const g = group(svg, 0, 0, `level-${level}`);
      if (threshold !== null) g.append(s('path', { d: `M${String(MARGIN.left)},${String(y(threshold))}H${String(width - MARGIN.right)}`, class: 'threshold dashed' }));
      const line = d3.line<Point>((point) => x(point.at), (point) => y(Math.min(point.value ?? 0, top))).defined(({ value }) => value !== null);
      g.append(s('path', { d: line(points) ?? '', class: 'line' }));
      const end = points.findLast(({ value }) => value !== null);
      if (end !== undefined) g.append(s('path', { d: symbolPath(level, 64), transform: `translate(${String(x(end.at))},${String(y(end.value ?? 0))})` }));
    }
    for (const { at, word } of [{ at: card.opened_at, word: 'opened' }, ...(card.resolved_at === null ? [] : [{ at: card.resolved_at, word: 'resolved' }]), ...(fixed === null ? [] : [{ at: fixed, word: 'marked fixed' }])]) {
      const end = within(at) > width - 120;
      svg.append(s('path', { d: `M${String(within(at))},${String(MARGIN.top)}V${String(height - MARGIN.bottom)}`, class: 'mark' }), s('text', { x: within(at), y: MARGIN.top - 8, 'text-anchor': end ? 'end' : 'start' }, `${word} ${day(at)}`));
    }
  });
}

export function timelineTable(shape: ChallengeShape): HTMLElement {
  const midnights = shownMidnights(shape);
  const levels = levelsOf(midnights);
  return table('What the rule saw at each midnight', [
    { head: 'Midnight', isName: true, className: 'nowrap', cell: ({ evaluated_at }) => moment(evaluated_at) },
    { head: 'State', cell: ({ state }) => state.replace('_', ' ') },
    ...levels.map((level) => ({ head: levelName(level), number: true as const, cell: (midnight: Midnight) => { const one = midnight.levels.find((entry) => entry.level === level); return one === undefined || one.few ? '–' : shown(one.value, one.measure); } })),
  ], midnights.toReversed(), { captionHidden: true });
}

/** How the levels stood at the midnight before it was marked fixed, and at the last one; null where it was not, or no midnight has come since. */
export function sinceFixedTable({ card, midnights }: ChallengeShape): HTMLElement | null {
  const fixed = card.state?.fixed_at ?? null;
  const before = fixed === null ? undefined : midnights.findLast(({ evaluated_at }) => evaluated_at <= fixed);
  const last = midnights.at(-1);
  if (fixed === null || before === undefined || last === undefined || last.evaluated_at <= fixed) return null;
  const at = (midnight: Midnight, level: string): string => {
    const one = midnight.levels.find((entry) => entry.level === level);
    return one === undefined || one.few || one.eligible === 0 ? '–' : shown(one.value, one.measure);
  };
  return table('Before and after it was marked fixed', [
    { head: 'Level', isName: true, cell: (level) => levelName(level) },
    { head: `Before, ${day(before.evaluated_at)}`, number: true, cell: (level) => at(before, level) },
    { head: `Last, ${day(last.evaluated_at)}`, number: true, cell: (level) => at(last, level) },
  ], last.levels.map(({ level }) => level).sort((a, b) => levelOrder(a) - levelOrder(b)), { captionHidden: true });
}
