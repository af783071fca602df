/** Now: the stages as columns with their open challenges, live, and what was resolved of late. */
import type { Card, Dimension, NowShape, PulseShape } from '../shapes.ts';
import { get } from './api.ts';
import { isSame, keepAsking } from './asking.ts';
import { stateWords } from './cardState.ts';
import { figure } from './chart.ts';
import { announce, choice, h, redraw, section, table } from './dom.ts';
import { count, day, duration, FEW, moment, percent, plural, ratio, since, together } from './format.ts';
import { listen, listenToActions } from './live.ts';
import { createTold, withAction, withCard } from './told.ts';
import type { View } from './view.ts';
import { DIMENSIONS, levelName, levelOrder, resolutionName, ruleName, STAGES } from './words.ts';

const FILTERS: readonly { readonly only: Dimension | null; readonly name: string }[] = [{ only: null, name: 'All' }, { only: 'ET', name: 'ET, to teach' }, { only: 'SoP', name: 'SoP, to simplify' }];
/** Ours: the stream tells what happens while it is there; this, what it has missed, and how far the events are. The server asks the tables once for all pages. */
const AGAIN_MS = 15_000;

export const tag = (dimension: Dimension): HTMLElement => h('abbr', { class: `tag ${dimension}`, title: `${DIMENSIONS[dimension].name}: ${DIMENSIONS[dimension].verb}` }, dimension);

export function meter(part: number | null, whole: number | null, dimension: Dimension): HTMLElement {
  const bar = h('span', { class: `meter ${dimension}`, 'aria-hidden': 'true' }, h('span'));
  (bar.firstElementChild as HTMLElement).style.width = percent(part === null || whole === null ? 0 : ratio(part, whole), 1).replace(' ', '');
  return bar;
}

function cardElement(card: Card, isNew: boolean): HTMLElement {
  const { challenge_id, dimension, title, summary, affected, eligible, opened_at, rule_id, state } = card;
  const taken = stateWords(state);
  return h('li', { class: `card ${dimension}${isNew ? ' fresh' : ''}`, 'data-challenge': challenge_id },
    h('div', { class: 'card-head' }, tag(dimension), h('a', { href: `/challenges/${encodeURIComponent(challenge_id)}` }, title)),
    h('p', { class: 'rule' }, ruleName(rule_id)),
    h('p', { class: 'summary' }, together(summary)),
    taken.length === 0 ? null : h('p', { class: 'taken' }, taken.join(', ')),
    h('div', { class: 'card-foot' },
      affected === null || eligible === null ? h('span', {}, 'fewer than five users') : h('span', { class: 'users' }, meter(affected, eligible, dimension), `${count(affected)} of ${plural(eligible, 'user')}`),
      h('time', { datetime: new Date(opened_at).toISOString(), title: moment(opened_at) }, `since ${day(opened_at)}`)));
}

function pulse(stage: string, shape: PulseShape): readonly Node[] {
  const days = shape.days.filter((one) => one.stage === stage);
  const ended = days.reduce((sum, one) => sum + one.ended, 0);
  const given = days.reduce((sum, one) => sum + one.given_up, 0);
  if (days.length < 2) return [];
  const label = `Attempts that failed or were given up, by day, over ${plural(days.length, 'day')}: ${percent(ratio(given, ended))} in all`;
  return [
    figure(label, 30, ({ svg, width, height }) => {
      const x = d3.scaleLinear([0, days.length - 1], [1, width - 1]);
      const y = d3.scaleLinear([0, 0.5], [height - 2, 2]).clamp(true);
      const at = (one: (typeof days)[number]): number => y(ratio(one.given_up, one.ended) ?? 0);
      d3.select(svg).append('path').attr('class', 'spark-area').attr('d', d3.area<(typeof days)[number]>((_, i) => x(i), height - 1, at)(days));
      d3.select(svg).append('path').attr('class', 'spark').attr('d', d3.line<(typeof days)[number]>((_, i) => x(i), at)(days));
    }),
    h('p', { class: 'pulse', title: `${count(given)} of ${count(ended)} attempts failed or were abandoned` }, h('b', {}, percent(ratio(given, ended))), ` of attempts given up in ${plural(days.length, 'day')}`),
  ];
}

export async function nowView(): Promise<View> {
  let shape = await get<NowShape>('/api/now');
  let pulses: PulseShape | null = null;
  let only: Dimension | null = null;
  const fresh = new Set<string>();
  const board = h('div', { class: 'board' });
  const head = h('div', { class: 'figures' });
  const done = h('div');
  const lead = h('p', { class: 'lead' });
  const filters = choice('Show', FILTERS, (chosen) => { only = chosen.only; drawBoard(); });

  const drawHead = (): void => {
    const of = (dimension: Dimension): number => shape.open.filter((card) => card.dimension === dimension).length;
    const oldest = shape.open.at(-1);
    lead.textContent = oldest === undefined ? 'No challenge is open.' : `${plural(shape.open.length, 'open challenge')}; the oldest opened ${since(oldest.opened_at, Date.now())}.`;
    const levels = shape.levels.toSorted((a, b) => levelOrder(a.level) - levelOrder(b.level));
    head.replaceChildren(
      h('dl', { class: 'totals levels' },
        h('div', { class: 'ET' }, h('dt', {}, 'ET, to teach'), h('dd', {}, of('ET'))),
        h('div', { class: 'SoP' }, h('dt', {}, 'SoP, to simplify'), h('dd', {}, of('SoP'))),
        ...levels.map(({ level, users, few }, at) => h('div', { class: at === 0 ? 'apart' : null }, h('dt', {}, levelName(level)), h('dd', {}, few ? FEW : count(users))))),
      h('p', { class: 'fine' }, shape.latest_event_at === null ? 'No events yet.' : `Latest event ${moment(shape.latest_event_at)}`));
  };
  const drawBoard = (): void => {
    redraw(board, ...STAGES.map((stage) => {
      const cards = shape.open.filter((card) => card.stage === stage.id && (only === null || card.dimension === only));
      return h('section', { class: 'column', 'aria-labelledby': `stage-${stage.id}` },
        h('div', { class: 'column-head' }, h('h2', { id: `stage-${stage.id}` }, stage.name, ' ', h('span', { class: 'count' }, cards.length)), h('p', { class: 'fine' }, stage.what)),
        // Its place is kept, so that cards do not jump under the pointer.
        ...(pulses === null ? [h('div', { class: 'pulse-place' })] : pulse(stage.id, pulses)),
        cards.length === 0 ? h('p', { class: 'empty' }, 'Nothing open.') : h('ul', { class: 'cards' }, ...cards.map((card) => cardElement(card, fresh.has(card.challenge_id)))));
    }));
  };
  const drawDone = (): void => {
    redraw(done, section('Recently resolved', null, table('Recently resolved challenges', [
      { head: 'Challenge', isName: true, cell: (card) => h('span', { class: 'named' }, tag(card.dimension), h('a', { href: `/challenges/${encodeURIComponent(card.challenge_id)}` }, card.title)) },
      { head: 'Stage', cell: (card) => STAGES.find(({ id }) => id === card.stage)?.name ?? card.stage },
      { head: 'Rule', cell: (card) => ruleName(card.rule_id) },
      { head: 'How it ended', cell: (card) => resolutionName(card.resolution) },
      { head: 'Resolved', cell: (card) => moment(card.resolved_at) },
      { head: 'Lasted', number: true, cell: (card) => duration((card.resolved_at ?? card.evaluated_at) - card.opened_at) },
    ], shape.resolved, { captionHidden: true, empty: 'None yet.' })));
  };
  const show = (next: NowShape): void => {
    const before = shape;
    shape = next;
    const opened = next.open.filter(({ challenge_id, status }) => status !== 'updated' && !before.open.some((one) => one.challenge_id === challenge_id));
    const resolved = next.resolved.filter(({ challenge_id }) => before.open.some((one) => one.challenge_id === challenge_id));
    for (const { challenge_id } of opened) fresh.add(challenge_id);
    const news = [...opened, ...resolved].map(({ dimension, status, stage, title }) => `${dimension} challenge ${status} in ${stage}: ${title}`);
    if (news.length > 0) announce(news.join('; '));
    drawHead();
    // What somebody reads or selects is left alone where nothing has changed.
    if (!isSame(before.open, next.open)) drawBoard();
    if (!isSame(before.resolved, next.resolved)) drawDone();
  };
  const told = createTold(Date.now);
  const asking = keepAsking(() => get<NowShape>('/api/now'), AGAIN_MS, (answer) => { show(told.over(answer)); });
  const leaveActions = listenToActions((action) => { told.action(action); show(withAction(shape, action)); });
  const leaveCards = listen((card) => {
    if (card === null) asking.soon();
    else {
      told.card(card);
      show(withCard(shape, card));
    }
  });
  drawHead();
  drawBoard();
  drawDone();
  void get<PulseShape>('/api/pulse').then((answer) => { pulses = answer; drawBoard(); }, () => { pulses = { days: [] }; drawBoard(); });
  return {
    title: 'Now', leave: () => { asking.stop(); leaveCards(); leaveActions(); },
    content: [
      h('div', { class: 'title' }, h('div', {}, h('h1', {}, 'Where users get stuck now'), lead), filters),
      head, board, done,
    ],
  };
}
