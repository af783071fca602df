/** The evidence per level as a picture: where the level stands, how sure that is, and what the rule asks. */
import type { LevelEvidence } from '../shapes.ts';
import { bottomAxis, figure, group, measured, symbolPath } from './chart.ts';
import { h, s, table } from './dom.ts';
import { count, duration, percent } from './format.ts';
import { levelName, levelOrder } from './words.ts';

const ROW = 46;
const AXIS = 26;
const OP_WORDS: Readonly<Record<string, string>> = { '>': 'above', '<': 'below', '<=': 'at most' };

export const shown = (value: number | null, measure: LevelEvidence['measure']): string => (measure === 'share' ? percent(value) : value === null ? 'no end' : duration(value));
const ruleText = ({ op, threshold, measure }: LevelEvidence): string => (op === null ? '–' : `${OP_WORDS[op] ?? op} ${threshold === null ? 'unknown' : shown(threshold, measure)}`);
const valueText = (one: LevelEvidence): string => (one.few ? 'fewer than 5 users' : one.eligible === 0 ? 'nobody' : shown(one.value, one.measure));

export function evidenceFigure(levels: readonly LevelEvidence[]): HTMLElement {
  const rows = levels.toSorted((a, b) => levelOrder(a.level) - levelOrder(b.level));
  const isShare = rows.every(({ measure }) => measure === 'share');
  const most = Math.max(1, ...rows.flatMap(({ value, threshold }) => [value ?? 0, threshold ?? 0]));
  const label = `${isShare ? 'Share of users affected' : 'Median time'} per level: ${rows.map((one) => `${levelName(one.level)} ${valueText(one)}${one.op === null ? '' : `, rule ${ruleText(one)}`}`).join('; ')}`;
  return figure(label, rows.length * ROW + AXIS, ({ svg, width, height }) => {
    const left = width < 480 ? 106 : 118;
    const { top, marks, format } = measured(isShare ? 'share' : 'median_ms', most, width < 480 ? 3 : 5);
    const x = d3.scaleLinear([0, top], [left, width - 18]);
    for (const [at, one] of rows.entries()) {
      const { level, value, low, high, threshold, few } = one;
      const row = group(svg, 0, at * ROW, `level-${level}`);
      row.append(
        s('text', { x: 0, y: 21, class: 'strong' }, levelName(level)),
        s('text', { x: 0, y: 36 }, valueText(one)),
        s('rect', { x: left, y: 12, width: x(top) - left, height: 16, rx: 3, class: 'track' }),
      );
      if (!few && value !== null) {
        const place = Math.min(value, top);
        row.append(s('rect', { x: left, y: 12, width: Math.max(0, x(place) - left), height: 16, rx: 3, class: 'share' }));
        if (low !== null && high !== null) row.append(s('path', { d: `M${String(x(low))},20H${String(x(high))}M${String(x(low))},15v10M${String(x(high))},15v10`, class: 'interval' }));
        row.append(s('path', { d: symbolPath(level, 90), transform: `translate(${String(x(place))},20)` }));
      }
      if (threshold !== null) {
        const end = x(threshold) > width - 90;
        row.append(s('path', { d: `M${String(x(threshold))},6v28`, class: 'threshold' }), s('text', { x: x(threshold) + (end ? -5 : 5), y: 41, 'text-anchor': end ? 'end' : 'start' }, ruleText(one)));
      }
    }
    bottomAxis(svg, x, height - AXIS + 4, marks, format);
  });
}

export function evidenceTable(levels: readonly LevelEvidence[]): HTMLElement {
  return table('Evidence by level', [
    { head: 'Level', isName: true, cell: ({ level }) => levelName(level) },
    { head: 'Affected', number: true, cell: (one) => (one.few ? '–' : count(one.affected)) },
    { head: 'Of', number: true, cell: (one) => (one.few ? '< 5' : count(one.eligible)) },
    { head: levels.some(({ measure }) => measure === 'share') ? 'Share' : 'Median', number: true, cell: (one) => (one.few || one.eligible === 0 ? '–' : shown(one.value, one.measure)) },
    // A median has none.
    ...(levels.every(({ low }) => low === null) ? [] : [{ head: 'Interval (95 %)', number: true as const, cell: ({ low, high }: LevelEvidence) => (low === null || high === null ? '–' : `${percent(low)} to ${percent(high)}`) }]),
    { head: 'Rule', className: 'nowrap', cell: ruleText },
  ], levels.toSorted((a, b) => levelOrder(a.level) - levelOrder(b.level)), { captionHidden: true });
}

export const evidenceCaption = (levels: readonly LevelEvidence[]): HTMLElement =>
  h('span', {}, levels.some(({ measure }) => measure === 'share') ? 'Share of users affected, with its 95 % interval' : 'Median time to complete', h('span', { class: 'fine' }, '  The upright line is what the rule asks.'));
