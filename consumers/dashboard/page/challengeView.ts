/** One challenge: what, who, since when, how sure, and what to do about it. */
import type { ChallengeShape, Sample } from '../shapes.ts';
import { actionsPanel } from './actionsPanel.ts';
import { get } from './api.ts';
import { isSame, keepAsking } from './asking.ts';
import { legend } from './chart.ts';
import { announce, h, isSelecting, redraw, section, table } from './dom.ts';
import { effectPanel } from './effectPanel.ts';
import { evidenceCaption, evidenceFigure, evidenceTable } from './evidenceChart.ts';
import { count, day, duration, moment, percent, ratio, together } from './format.ts';
import { listen, listenToActions } from './live.ts';
import { meter, tag } from './nowView.ts';
import { levelsOf, shownMidnights, sinceFixedTable, timelineFigure, timelineTable } from './timelineChart.ts';
import type { View } from './view.ts';
import { DIMENSIONS, levelName, resolutionName, ruleName, stageName } from './words.ts';

const AGAIN_MS = 15_000;
/** A record is in Kafka before its row is in ClickHouse: by about so much. */
const ROW_MS = 2_500;

const fact = (name: string, value: Node | string): HTMLElement => h('div', {}, h('dt', {}, name), h('dd', {}, value));

function head({ card, rule_version, window_from, window_to }: ChallengeShape): HTMLElement {
  const { dimension, stage, title, feature, summary, affected, eligible, opened_at, resolved_at, rule_id, status, resolution } = card;
  return h('header', {},
    h('p', { class: 'crumbs' }, h('a', { href: '/' }, 'Now'), ` / ${stageName(stage)} / ${feature}`),
    h('div', { class: 'named' }, tag(dimension), h('h1', {}, title)),
    h('p', { class: 'summary-lead' }, together(summary)),
    h('dl', { class: 'facts' },
      fact('State', status === 'resolved' ? `resolved: ${resolutionName(resolution)}` : 'open'),
      fact('Opened', moment(opened_at)),
      fact(resolved_at === null ? 'Open for' : 'Resolved', resolved_at === null ? duration(Date.now() - opened_at) : moment(resolved_at)),
      fact('Users affected', affected === null || eligible === null ? 'fewer than five users' : `${count(affected)} of ${count(eligible)}`),
      fact('Days looked at', `${day(window_from)} to ${day(window_to)}`),
      fact('Rule', h('span', {}, ruleName(rule_id), ' ', h('span', { class: 'fine' }, `${rule_id}, version ${String(rule_version)}`)))));
}

function teamsBlock({ teams, card }: ChallengeShape): HTMLElement {
  const rows = teams.toSorted((a, b) => b.affected / b.eligible - a.affected / a.eligible || b.eligible - a.eligible);
  return section('Teams', 'Of the levels that it harms; teams of fewer than five users are not shown.', h('div', { class: 'narrow' }, table('Users affected by team', [
    { head: 'Team', isName: true, cell: ({ team }) => team },
    { head: 'Affected', number: true, cell: ({ affected }) => count(affected) },
    { head: 'Of', number: true, cell: ({ eligible }) => count(eligible) },
    { head: 'Share', number: true, cell: ({ affected, eligible }) => h('span', { class: 'users' }, meter(affected, eligible, card.dimension), h('span', { class: 'short' }, percent(ratio(affected, eligible)))) },
  ], rows, { captionHidden: true, empty: 'No team has five users or more that it could be said of.' })));
}

function samplesTable(samples: readonly Sample[]): HTMLElement {
  const seesUsers = samples.some(({ user_id }) => user_id !== null);
  return table('The earliest events that it rests on', [
    { head: 'Occurred', cell: ({ occurred_at }) => moment(occurred_at) },
    { head: 'Event', isName: true, className: 'id', cell: ({ event_id }) => event_id },
    ...(seesUsers ? [{ head: 'User', className: 'id', cell: ({ user_id }: Sample) => user_id ?? '–' }] : []),
    { head: 'What', cell: ({ type, action, outcome, code }) => [type.replace('_', ' '), action, outcome, code].filter((word) => word !== null).join(', ') },
    ...(samples.some(({ message }) => message !== null) ? [{ head: 'Message', className: 'wrap', cell: ({ message }: Sample) => message ?? '–' }] : []),
    { head: 'Source', cell: ({ source }) => source },
  ], samples, { captionHidden: true, empty: 'The challenge names no events, or they have passed their retention.' });
}

/** Without a secure context there is no clipboard: then the text is selected, to be copied by hand. */
async function copy(pre: HTMLElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce('Copied.');
  } catch {
    getSelection()?.selectAllChildren(pre);
    announce('Selected: copy it by hand.');
  }
}

function sqlBlock({ sql, card }: ChallengeShape): HTMLElement {
  return section('The numbers in SQL', 'These statements give the evidence from the signals, in the database of this app.', ...sql.map(({ what, sql: text }) => {
    const pre = h('pre', { tabindex: 0, 'aria-label': `SQL of the ${what}` }, text);
    return h('details', {}, h('summary', {}, `SQL: ${what}`), h('p', {}, h('button', { type: 'button', click: () => { void copy(pre, text); } }, `Copy the SQL of the ${what}`)), pre);
  }), ...(sql.length === 0 ? [h('p', { class: 'empty' }, `What the rule ${card.rule_id} counts is not known here any more.`)] : []));
}

function othersBlock({ episodes, group, card }: ChallengeShape): HTMLElement | null {
  if (episodes.length === 0 && group.length === 0) return null;
  return section('Around it', null, h('ul', {},
    ...group.map((one) => h('li', { class: 'named' }, tag(one.dimension), h('span', {}, 'Open on the same feature: ', h('a', { href: `/challenges/${encodeURIComponent(one.challenge_id)}` }, ruleName(one.rule_id))))),
    ...episodes.map((one) => h('li', { class: 'named' }, tag(card.dimension), h('span', {}, one.opened_at < card.opened_at ? 'Before: ' : 'Later: ', h('a', { href: `/challenges/${encodeURIComponent(one.challenge_id)}` }, `opened ${moment(one.opened_at)}`), one.resolved_at === null ? '' : `, resolved ${moment(one.resolved_at)} (${resolutionName(one.resolution)})`)))));
}

export async function challengeView(id: string): Promise<View> {
  const path = `/api/challenges/${encodeURIComponent(id)}`;
  let shape = await get<ChallengeShape>(path);
  const content = h('div');
  const samples = h('div', {}, h('p', { class: 'empty' }, 'Loading …'));
  const panel = actionsPanel(id, shape.card.state);
  const effect = effectPanel(id, shape.card.dimension);
  let effectOf: number | null = null;
  const draw = (): void => {
    const { card, levels } = shape;
    const midnights = shownMidnights(shape);
    const others = othersBlock(shape);
    const sinceFixed = sinceFixedTable(shape);
    const fixedAt = card.state?.fixed_at ?? null;
    if (fixedAt !== null && fixedAt !== effectOf) effect.load();
    effectOf = fixedAt;
    redraw(content,
      head(shape),
      section('Evidence', `As of ${moment(card.evaluated_at)}.${card.status === 'resolved' ? '' : ` Taken anew on a later day, once a level that the rule names has moved by ${levels.some(({ measure }) => measure === 'share') ? '5 points' : '5 %'}.`}`, h('div', { class: 'two' }, h('div', { class: 'panel' }, evidenceCaption(levels), evidenceFigure(levels)), h('div', { class: 'panel' }, evidenceTable(levels), card.status === 'resolved' ? null : h('p', { class: 'todo' }, h('b', {}, `To ${DIMENSIONS[card.dimension].verb}. `), DIMENSIONS[card.dimension].todo)))),
      section('Over time', 'At each midnight, as the rule saw it; dashed: what it asks of the level. Shaded: open.', midnights.length < 2 ? h('p', { class: 'empty' }, 'There are no midnights to show yet.') : h('div', { class: 'panel' }, legend(levelsOf(midnights).map((level) => ({ level, name: levelName(level) }))), timelineFigure(shape), h('details', {}, h('summary', {}, 'As a table'), timelineTable(shape)))),
      ...(fixedAt === null ? [] : [section('Since it was marked fixed', `Fixed ${moment(fixedAt)}. The users of the levels that it harms, as they were then.`, effect.element,
        sinceFixed === null ? null : h('details', { class: 'gap' }, h('summary', {}, 'Everybody of each level'), h('p', { class: 'lead' }, 'Over the 14 days up to each midnight: days before the fix count for two weeks.'), h('div', { class: 'narrow' }, sinceFixed)))]),
      panel.element,
      ...(others === null ? [] : [others]),
      teamsBlock(shape),
      section('Sample events', null, samples),
      sqlBlock(shape),
    );
  };
  const isWriting = (): boolean => panel.element.contains(document.activeElement) && !(document.activeElement instanceof HTMLButtonElement);
  const asking = keepAsking(() => get<ChallengeShape>(path), AGAIN_MS, (again) => {
    // Who writes or copies just now is not disturbed.
    if (isWriting() || isSelecting() || isSame(again, shape)) return;
    if (!isSame(again.card.state, shape.card.state)) panel.renew(again.card.state);
    shape = again;
    draw();
  });
  const leaveActions = listenToActions((action) => {
    if (action.challenge_id !== id) return;
    panel.take(action);
    asking.soon(ROW_MS);
  });
  const leaveCards = listen((card) => { if (card === null || card.challenge_id === id) asking.soon(card === null ? 0 : ROW_MS); });
  draw();
  void get<readonly Sample[]>(`${path}/samples`).then((found) => { samples.replaceChildren(samplesTable(found)); }, (error: unknown) => { samples.replaceChildren(h('p', { class: 'empty' }, error instanceof Error ? error.message : String(error))); });
  return { title: shape.card.title, content: [content], leave: () => { asking.stop(); leaveCards(); leaveActions(); } };
}
