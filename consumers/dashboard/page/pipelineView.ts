/** The pipeline's health: how far behind each stage is, what comes in, dead letters, what rules and model gave. Asked again while the page is looked at. */
import type { PipelineShape } from '../shapes.ts';
import { get } from './api.ts';
import { keepAsking } from './asking.ts';
import { bottomAxis, figure, group, leftAxis } from './chart.ts';
import { h, isSelecting, redraw, s, section, table } from './dom.ts';
import { count, day, moment, percent, plural } from './format.ts';
import type { View } from './view.ts';
import { levelName, ruleName } from './words.ts';

type Tables = NonNullable<PipelineShape['tables']>;

const AGAIN_MS = 5_000;
const HOUR_MS = 3_600_000;
/** Ours: it sends once a minute, and an event may take two. */
const CANARY_LATE_MS = 10 * 60_000;

const HOURS_LEFT = 62;
const HALF_A_DATE = 46;

const tile = (name: string, value: string, state = ''): HTMLElement => h('div', { class: state }, h('dt', {}, name), h('dd', {}, value));

function totals({ status, rates, groups, tables }: PipelineShape): HTMLElement {
  const letters = tables?.dead_letters.reduce((sum, one) => sum + one.letters, 0) ?? 0;
  const canary_at = tables?.canary_at ?? null;
  const perSecond = (name: string): string => (rates.find(({ topic }) => topic === name)?.points.at(-1)?.per_second ?? 0).toLocaleString('en-GB');
  const [events] = rates;
  return h('dl', { class: 'totals' },
    status === null ? tile('Collector', 'no answer', 'bad') : tile('Events to ClickHouse', status.caught_up ? 'caught up' : 'catching up', status.caught_up ? 'good' : ''),
    tile('Events per second', events === undefined ? '–' : perSecond(events.topic)),
    ...(status === null ? [] : [tile('Events behind, at most', count(Math.max(0, ...Object.values(status.stages).map(({ lag }) => lag ?? 0))))]),
    tables === null ? tile('ClickHouse', 'no answer', 'bad') : tile('Dead letters', count(letters), letters > 0 ? 'bad' : ''),
    ...(canary_at === null ? [] : [tile('Canary came through', moment(canary_at), Date.now() - canary_at > CANARY_LATE_MS ? 'bad' : 'good')]),
    ...(groups === null ? [tile('Kafka', 'no answer', 'bad')] : []));
}

function stagesTable({ status }: PipelineShape): HTMLElement {
  return table('Events behind, by stage', [
    { head: 'Stage', isName: true, cell: ([name]) => name },
    { head: 'Events behind', number: true, cell: ([, { lag }]) => (lag === null ? 'not told' : count(lag)) },
  ], Object.entries(status?.stages ?? {}), { captionHidden: true, empty: 'The collector does not answer: DASHBOARD_COLLECTOR_URL says where it is.' });
}

function lagTable({ groups }: PipelineShape): HTMLElement {
  const rows = (groups ?? []).flatMap(({ group, partitions }) => partitions.map((one) => ({ group, ...one })));
  return table('Records waiting, by group and partition', [
    { head: 'Group', isName: true, cell: ({ group }) => group },
    { head: 'Topic', cell: ({ topic }) => topic },
    { head: 'Partition', number: true, cell: ({ partition }) => partition },
    { head: 'End', number: true, cell: ({ end }) => count(end) },
    { head: 'Committed', number: true, cell: ({ committed }) => (committed === null ? 'nothing yet' : count(committed)) },
    { head: 'Waiting', number: true, cell: ({ end, committed }) => count(committed === null ? end : Math.max(0, end - committed)) },
  ], rows, { captionHidden: true, empty: 'Kafka does not answer.' });
}

function ratesBlock({ rates }: PipelineShape): HTMLElement {
  const most = Math.max(1, ...rates.flatMap(({ points }) => points.map(({ per_second }) => per_second)));
  return table('Records per second', [
    { head: 'Topic', isName: true, cell: ({ topic }) => topic },
    { head: 'Last ten minutes', className: 'spark-cell', cell: ({ topic, points }) => (points.length < 2 ? 'just begun' : figure(`Records per second of ${topic} over ${plural(points.length, 'sample')}`, 22, ({ svg, width, height }) => {
      const x = d3.scaleLinear([0, points.length - 1], [1, width - 1]);
      const y = d3.scaleLinear([0, most], [height - 1, 2]);
      svg.append(s('path', { class: 'spark', d: d3.line<(typeof points)[number]>((_, n) => x(n), ({ per_second }) => y(per_second))(points) ?? '' }));
    })) },
    { head: 'Now', number: true, cell: ({ points }) => (points.at(-1)?.per_second ?? 0).toLocaleString('en-GB') },
  ], rates, { captionHidden: true });
}

function hoursBlock(hours: Tables['hours']): readonly Node[] {
  const rows = hours.toReversed();
  const most = Math.max(1, ...rows.map(({ events }) => events));
  const last = rows.at(-1)?.hour ?? 0;
  const head = rows.length === 0 ? [] : [figure(`Events by hour of receipt, the highest ${count(most)}`, 140, ({ svg, width, height }) => {
    const base = height - 26;
    const x = d3.scaleUtc([last - 47 * HOUR_MS, last + HOUR_MS], [HOURS_LEFT, width]);
    const y = d3.scaleLinear([0, most], [base, 10]).nice(3);
    const bar = Math.max(2, (width - HOURS_LEFT) / 48 - 3);
    leftAxis(group(svg, HOURS_LEFT, 0), y, width - HOURS_LEFT, 3, (value) => count(Number(value)));
    for (const { hour, events } of rows) svg.append(s('rect', { class: 'bar', rx: 2, x: x(hour), width: bar, y: y(events), height: base - y(events) }));
    // A date is as wide as it is: at the edge there is no place for half of one.
    const marks = x.ticks(Math.max(2, Math.floor(width / 160))).map(Number).filter((at) => x(at) < width - HALF_A_DATE);
    bottomAxis(svg, x, base, marks, (value) => d3.utcFormat('%-d %b, %H:%M')(new Date(Number(value))));
  })];
  return [...head, h('details', {}, h('summary', {}, 'As a table'), table('Events by hour of receipt', [
    { head: 'Hour', isName: true, className: 'nowrap', cell: ({ hour }) => moment(hour) },
    { head: 'Events', number: true, cell: ({ events }) => count(events) },
    { head: '99 % arrive within', number: true, cell: ({ p99_late_seconds }) => `${p99_late_seconds.toLocaleString('en-GB')} s` },
  ], hours, { captionHidden: true }))];
}

function modelWords(model: Tables['model']): string {
  // What was decided last may be to have none: the labels are of the model that there is.
  if (model === null || model.labels.length === 0) return 'There is no model of expertise yet.';
  return `The model of expertise: ${model.decision === 'new' ? 'a new one' : 'the old one, kept,'} on ${day(model.trained_at)}, with ${model.labels.map((label, at) => `${model.sizes[at] === null ? 'some' : count(model.sizes[at] ?? 0)} ${levelName(label).toLowerCase()}`).join(', ')}.`;
}

function tablesBlocks({ hours, dead_letters, rules, model, precision }: Tables): readonly Node[] {
  return [
    section('Dead letters', 'What could not be processed waits in Kafka: chokepoint dead-letters shows and replays it.', table('Dead letters by reason', [
      { head: 'Reason', isName: true, cell: ({ reason }) => reason.replaceAll('_', ' ') },
      { head: 'Step', cell: ({ step }) => step },
      { head: 'Letters', number: true, cell: ({ letters }) => count(letters) },
      { head: 'First', cell: ({ first }) => moment(first) },
      { head: 'Last', cell: ({ last }) => moment(last) },
      { head: 'The last says', className: 'wrap', cell: ({ example }) => example },
    ], dead_letters, { captionHidden: true, empty: 'There are none.' })),
    section('Taken in', 'Events by the hour in which the collector took them, up to the last hour with any.', h('div', { class: 'panel' }, ...hoursBlock(hours))),
    section('Rules', rules[0] === undefined ? null : `What each rule gave at the midnight of ${day(rules[0].evaluated_at)}. ${modelWords(model)}`, table('Findings by rule and state', [
      { head: 'Rule', isName: true, cell: ({ rule_id }) => h('span', {}, ruleName(rule_id), ' ', h('span', { class: 'fine' }, rule_id)) },
      { head: 'Holds', number: true, cell: ({ holds }) => count(holds) },
      { head: 'Near', number: true, cell: ({ near }) => count(near) },
      { head: 'Below', number: true, cell: ({ below }) => count(below) },
      { head: 'Too little data', number: true, cell: ({ insufficient_data }) => count(insufficient_data) },
    ], rules, { captionHidden: true, empty: 'No midnight has been evaluated yet.' })),
    section('How useful', 'What people said of challenges, by the week in which those opened; one vote each.', table('Useful and not useful, by week', [
      { head: 'Week of', isName: true, className: 'nowrap', cell: ({ week }) => day(Date.parse(week)) },
      { head: 'Dimension', cell: ({ dimension }) => dimension },
      { head: 'Useful', number: true, cell: ({ useful }) => count(useful) },
      { head: 'Not useful', number: true, cell: ({ not_useful }) => count(not_useful) },
      { head: 'Share useful', number: true, cell: ({ precision: share }) => percent(share) },
    ], precision, { captionHidden: true, empty: 'Nobody has said yet whether a challenge was useful.' })),
  ];
}

export async function pipelineView(): Promise<View> {
  const body = h('div');
  const draw = (shape: PipelineShape): void => {
    redraw(body,
      totals(shape),
      h('div', { class: 'halves gap' },
        h('div', { class: 'panel' }, h('h2', {}, 'Behind, by stage'), stagesTable(shape)),
        h('div', { class: 'panel' }, h('h2', {}, 'Records per second'), ratesBlock(shape))),
      ...(shape.tables === null ? [section('Tables', 'ClickHouse does not answer: dead letters, what came in by hour and what the rules gave are not to be had now.')] : tablesBlocks(shape.tables)),
      section('Lag by partition', 'An end counts the marks of transactions too, so one that rests may show one record waiting.', h('details', {}, h('summary', {}, 'By group and partition'), lagTable(shape))),
    );
  };
  draw(await get<PipelineShape>('/api/pipeline'));
  const asking = keepAsking(() => get<PipelineShape>('/api/pipeline'), AGAIN_MS, (shape) => { if (!isSelecting()) draw(shape); });
  return { title: 'Pipeline', content: [h('div', { class: 'title' }, h('div', {}, h('h1', {}, 'Pipeline'), h('p', { class: 'lead' }, 'From HTTP to ClickHouse, as Kafka, ClickHouse and the collector tell it.'))), body], leave: asking.stop };
}
