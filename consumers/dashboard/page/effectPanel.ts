/** What became of the users who were affected when a challenge was marked fixed, beside those who were not: in words, as a picture, as a table. */
import type { Dimension, EffectShape, Estimate, GroupEffect } from '../shapes.ts';
import { get } from './api.ts';
import { bottomAxis, figure, group, measured } from './chart.ts';
import { h, s, table } from './dom.ts';
import { shown } from './evidenceChart.ts';
import { count, day, duration } from './format.ts';

type Measure = EffectShape['measure'];

const DAY_MS = 86_400_000;
const ROW = 40;
const AXIS = 26;
const MARK = 4.5;

/** A change, with its sign. */
const changed = (value: number | null, measure: Measure): string => {
  if (value === null) return 'cannot be told';
  const size = measure === 'share' ? `${(Math.abs(value) * 100).toFixed(0)} points` : duration(Math.abs(value));
  return `${value < 0 ? '−' : value > 0 ? '+' : ''}${size}`;
};
const interval = ({ low, high }: Estimate, show: (value: number) => string): string => (low === null || high === null ? 'no interval' : `${show(low)} to ${show(high)}`);
const changedWithin = (one: Estimate, measure: Measure): string => `${changed(one.value, measure)} (${interval(one, (value) => changed(value, measure))})`;
const valueWithin = (one: Estimate, measure: Measure): HTMLElement => h('div', {}, shown(one.value, measure), h('div', { class: 'fine' }, interval(one, (value) => shown(value, measure))));

const weeks = (days: number): string => (days === 7 ? 'one week' : `${String(days / 7)} weeks`);
const span = (from: number, to: number): string => `${day(from)} to ${day(to - DAY_MS)}`;

interface Told {
  readonly measure: Measure;
  readonly affected: GroupEffect;
  readonly others: GroupEffect;
  readonly effect: Estimate;
  readonly periods: NonNullable<EffectShape['periods']>;
}

/** Better than the same picking without a fix, where the intervals do not meet. */
function verdict(effect: Estimate, yardstick: Estimate | null): string {
  if (yardstick === null || effect.high === null || yardstick.low === null || effect.value === null) return '';
  return effect.high < yardstick.low ? 'The fix did clearly more than that.' : 'That the fix did more than that cannot be told.';
}

function words({ measure, effect, periods }: Told, yardstick: EffectShape['yardstick']): HTMLElement {
  const { days } = periods;
  const without = yardstick?.effect ?? null;
  return h('div', {},
    h('p', {}, h('b', {}, `${changed(effect.value, measure)} for the affected users against the others`), `, over ${weeks(days)} before and after; 95 % interval ${interval(effect, (value) => changed(value, measure))}.`),
    h('p', {}, without === null ? `How much the same picking shows ${weeks(yardstick?.days_earlier ?? 0)} earlier, when nothing was fixed, cannot be told: fewer than five users were in a group then.` : `The same picking ${weeks(yardstick?.days_earlier ?? 0)} earlier, when nothing was fixed, shows ${changedWithin(without, measure)}. ${verdict(effect, without)}`),
    h('p', { class: 'fine' }, 'Affected users were picked because they were affected, and the others because they were not, so some of each would have changed places anyway: that is why there are the others, and the picking without a fix.'));
}

function picture(told: Told, dimension: Dimension): HTMLElement {
  const { measure, affected, others } = told;
  const rows = [
    { name: 'Affected', when: 'before', of: affected.before, className: `effect-affected ${dimension}` }, { name: '', when: 'after', of: affected.after, className: `effect-affected ${dimension}` },
    { name: 'Others', when: 'before', of: others.before, className: 'effect-others' }, { name: '', when: 'after', of: others.after, className: 'effect-others' },
  ];
  const most = Math.max(1, ...rows.flatMap(({ of }) => [of.value ?? 0, of.high ?? 0]));
  const label = `${measure === 'share' ? 'Share of users affected' : 'Median time'} before and after the fix: affected users ${shown(affected.before.value, measure)}, then ${shown(affected.after.value, measure)}; the others ${shown(others.before.value, measure)}, then ${shown(others.after.value, measure)}`;
  return figure(label, rows.length * ROW + AXIS, ({ svg, width, height }) => {
    const left = 118;
    const { top, marks, format } = measured(measure, most, width < 480 ? 3 : 5);
    const x = d3.scaleLinear([0, top], [left, width - 18]);
    for (const [at, { name, when, of, className }] of rows.entries()) {
      const g = group(svg, 0, at * ROW, className);
      g.append(
        ...(name === '' ? [] : [s('text', { x: 0, y: 24, class: 'strong' }, name)]),
        s('text', { x: left - 10, y: 24, 'text-anchor': 'end' }, when),
        s('rect', { x: left, y: 12, width: x(top) - left, height: 16, rx: 3, class: 'track' }),
      );
      const value = of.value ?? top;
      g.append(s('rect', { x: left, y: 12, width: Math.max(0, x(value) - left), height: 16, rx: 3, class: 'share' }));
      if (of.low !== null && of.high !== null) g.append(s('path', { d: `M${String(x(of.low))},20H${String(x(of.high))}M${String(x(of.low))},15v10M${String(x(of.high))},15v10`, class: 'interval' }));
      g.append(s('circle', { cx: x(value), cy: 20, r: MARK, class: when === 'before' ? 'hollow' : null }));
    }
    bottomAxis(svg, x, height - AXIS + 4, marks, format);
  }, h('span', {}, measure === 'share' ? 'Share of users affected, with its 95 % interval' : 'Median of the users\' times, with its 95 % interval'));
}

const change = ({ before, after }: GroupEffect): number | null => (before.value === null || after.value === null ? null : after.value - before.value);

function numbersTable({ measure, affected, others, periods }: Told): HTMLElement {
  const rows = [{ name: 'Affected', of: affected }, { name: 'Others', of: others }];
  return table('Before and after the fix', [
    { head: 'Users', isName: true, cell: ({ name }) => name },
    { head: 'Seen in both', number: true, cell: ({ of }) => `${count(of.users)} of ${count(of.picked)}` },
    { head: span(periods.before_from, periods.before_to), number: true, cell: ({ of }) => valueWithin(of.before, measure) },
    { head: span(periods.after_from, periods.after_to), number: true, cell: ({ of }) => valueWithin(of.after, measure) },
    { head: 'Change', number: true, cell: ({ of }) => changed(change(of), measure) },
  ], rows, { captionHidden: true });
}

function content(shape: EffectShape | null, dimension: Dimension): readonly Node[] {
  if (shape === null) return [h('p', { class: 'empty' }, 'Whom it affected then cannot be told: what its rule counts is not known here any more, or it was marked fixed before it opened.')];
  const { measure, periods, numbers, next_at, frozen_at, yardstick, sql } = shape;
  const frozen = `Who was affected is what the evidence of ${day(frozen_at)} said, and stays so.`;
  if (periods === null || numbers === null) return [h('p', { class: 'empty' }, `${frozen} The first numbers come ${next_at === null ? 'later' : `once ${day(next_at)} has begun`}, when a week has passed.`)];
  const { affected, others, effect } = numbers;
  if (affected === null || others === null || effect === null) return [h('p', { class: 'empty' }, `${frozen} Fewer than five users of those, or of the others, were seen before and after: nothing is said of them.`)];
  const told = { measure, affected, others, effect, periods };
  const more = next_at === null ? 'These numbers stay.' : `Two weeks are over when ${day(next_at)} begins; then the numbers stay.`;
  return [h('div', { class: 'two' },
    h('div', { class: 'panel' }, picture(told, dimension), h('div', { class: 'gap' }, numbersTable(told))),
    h('div', { class: 'panel effect-words' }, words(told, yardstick), h('p', { class: 'fine' }, `${frozen} Who was not seen on both sides of the fix counts nowhere: were they driven away, it does not show. ${more}`),
      ...sql.map(({ what, sql: text }) => h('details', {}, h('summary', {}, `SQL: ${what}`), h('pre', { tabindex: 0, 'aria-label': `SQL of the ${what}` }, text)))))];
}

export interface EffectPanel {
  readonly element: HTMLElement;
  /** Asks again. */
  load(): void;
}

export function effectPanel(id: string, dimension: Dimension): EffectPanel {
  const element = h('div', {}, h('p', { class: 'empty' }, 'Loading …'));
  return {
    element,
    load: () => {
      void get<{ readonly effect: EffectShape | null }>(`/api/challenges/${encodeURIComponent(id)}/effect`).then(
        ({ effect }) => { element.replaceChildren(...content(effect, dimension)); },
        (error: unknown) => { element.replaceChildren(h('p', { class: 'empty' }, error instanceof Error ? error.message : String(error))); },
      );
    },
  };
}
