/** Stages: time, errors and what is given up, by level over the weeks, and by team. */
import type { StageMeasure, StagesShape } from '../shapes.ts';
import { get } from './api.ts';
import { bottomAxis, figure, group, leftAxis, legend, symbolPath, utcDay } from './chart.ts';
import { choice, h, s, section, table, type Child } from './dom.ts';
import { count, day, duration, FEW, percent, ratio } from './format.ts';
import { dayTicks, timeTicks } from './ticks.ts';
import type { View } from './view.ts';
import { levelName, LEVELS, STAGES } from './words.ts';

type Week = StagesShape['weeks'][number];
type Team = StagesShape['teams'][number];

interface Measure {
  readonly id: StageMeasure;
  readonly name: string;
  readonly what: string;
  readonly ofWeek: (week: Week) => number | null;
  readonly ofTeam: (team: Team) => number | null;
  readonly show: (value: number | null) => string;
  /** Milliseconds have marks of their own. */
  readonly isTime?: true;
}

const GIVEN_UP: Measure = { id: 'given_up', name: 'Given up', what: 'Attempts that failed or were abandoned, of those that ended', ofWeek: (one) => ratio(one.given_up, one.ended), ofTeam: (one) => ratio(one.given_up, one.ended), show: (value) => percent(value) };
const perHundred = ({ errors, actions }: Week | Team): number | null => { const each = ratio(errors, actions); return each === null ? null : 100 * each; };
const MEASURES: readonly Measure[] = [
  GIVEN_UP,
  { id: 'errors', name: 'Errors', what: 'Errors per hundred actions', ofWeek: perHundred, ofTeam: perHundred, show: (value) => (value === null ? '–' : value.toFixed(1)) },
  { id: 'time', name: 'Time', what: 'Median time to complete; by team, hours in all', ofWeek: ({ median_ms }) => median_ms, ofTeam: ({ hours }) => (hours === null ? null : hours * 3_600_000), show: duration, isTime: true },
];
/** A number, or that it rests on few users. */
const told = (one: Week | Team | undefined, { id, show }: Measure, value: number | null): string => (one?.few.includes(id) === true ? FEW : show(value));
const MARGIN = { top: 10, right: 18, bottom: 26, left: 52 };

function panel(stage: string, weeks: readonly Week[], measure: Measure, most: number): HTMLElement {
  const { ofWeek, show, what, isTime } = measure;
  const own = weeks.filter((week) => week.stage === stage);
  const last = own.at(-1)?.week;
  const label = `${what}, by week and level. In the last week: ${own.filter(({ week }) => week === last).map((one) => `${levelName(one.level)} ${told(one, measure, ofWeek(one))}`).join(', ')}`;
  return figure(label, 210, ({ svg, width, height }) => {
    const at = ({ week }: Week): number => Date.parse(`${week}T00:00:00Z`);
    const [first, last_] = d3.extent(weeks, at) as [number, number];
    const x = d3.scaleUtc([first, last_], [MARGIN.left, width - MARGIN.right]);
    const y = d3.scaleLinear([0, most], [height - MARGIN.bottom, MARGIN.top]);
    const inner = width - MARGIN.left - MARGIN.right;
    if (isTime === true) {
      const { values, format } = timeTicks(most, 5);
      leftAxis(group(svg, MARGIN.left, 0), y.domain([0, values.at(-1) ?? most]), inner, values, (value) => format(Number(value)));
    } else leftAxis(group(svg, MARGIN.left, 0), y.nice(4), inner, 4, (value) => show(Number(value)));
    bottomAxis(svg, x, height - MARGIN.bottom, dayTicks(first, last_, Math.max(2, Math.floor(width / 100))), utcDay);
    for (const level of LEVELS) {
      const rows = own.filter((week) => week.level === level && ofWeek(week) !== null);
      const g = group(svg, 0, 0, `level-${level}`);
      g.append(s('path', { class: 'line', d: d3.line<Week>((week) => x(at(week)), (week) => y(ofWeek(week) ?? 0))(rows) ?? '' }));
      const end = rows.at(-1);
      if (end !== undefined) g.append(s('path', { d: symbolPath(level, 48), transform: `translate(${String(x(at(end)))},${String(y(ofWeek(end) ?? 0))})` }));
    }
  });
}

function teamsTable(teams: readonly Team[], measure: Measure): HTMLElement {
  const { ofTeam, name } = measure;
  const names = [...new Set(teams.map(({ team }) => team))].sort();
  const most = Math.max(1e-9, ...teams.map((team) => ofTeam(team) ?? 0));
  const cellOf = (team: string, stage: string): Child => {
    const row = teams.find((one) => one.team === team && one.stage === stage);
    const value = row === undefined ? null : ofTeam(row);
    const cell = h('span', { class: value === null ? 'cell none' : 'cell' }, told(row, measure, value));
    cell.style.setProperty('--part', String((value ?? 0) / most));
    return cell;
  };
  return table(`${name} by team and stage`, [
    { head: 'Team', isName: true, cell: (team) => team },
    ...STAGES.map((stage) => ({ head: stage.name, number: true as const, cell: (team: string) => cellOf(team, stage.id) })),
    { head: 'Users', number: true, cell: (team) => count(Math.max(...teams.filter((one) => one.team === team).map(({ users }) => users))) },
  ], names, { captionHidden: true, empty: 'No team has five users or more.' });
}

function weeksTable(weeks: readonly Week[], measure: Measure): HTMLElement {
  const rows = [...new Set(weeks.map(({ week, stage }) => `${week} ${stage}`))].reverse().map((key) => weeks.filter(({ week, stage }) => `${week} ${stage}` === key));
  return table('By week, stage and level', [
    { head: 'Week of', isName: true, className: 'nowrap', cell: ([first]) => (first === undefined ? '' : day(Date.parse(first.week))) },
    { head: 'Stage', cell: ([first]) => STAGES.find(({ id }) => id === first?.stage)?.name ?? '' },
    ...LEVELS.map((level) => ({ head: levelName(level), number: true as const, cell: (row: readonly Week[]) => { const one = row.find((week) => week.level === level); return told(one, measure, one === undefined ? null : measure.ofWeek(one)); } })),
  ], rows, { captionHidden: true });
}

export async function stagesView(): Promise<View> {
  const { weeks, teams } = await get<StagesShape>('/api/stages');
  let measure = GIVEN_UP;
  const body = h('div');
  const draw = (): void => {
    const most = Math.max(1e-9, ...weeks.map((week) => measure.ofWeek(week) ?? 0));
    body.replaceChildren(
      h('p', { class: 'lead' }, `${measure.what}. Weeks begin on Monday; levels with fewer than five users in a week are left out, and of the others what fewer than five of them did.`),
      legend(LEVELS.map((level) => ({ level, name: levelName(level) }))),
      h('div', { class: 'halves gap' }, ...STAGES.map((stage) => h('div', { class: 'panel' }, h('h2', {}, stage.name, ' ', h('span', { class: 'fine' }, stage.what)), panel(stage.id, weeks, measure, most)))),
      h('details', { class: 'gap' }, h('summary', {}, 'As a table'), weeksTable(weeks, measure)),
      section('By team', 'The last 28 days; teams with fewer than five users at a stage are left out. Users: of the stage where the team has most.', teamsTable(teams, measure)),
    );
  };
  const buttons = choice('Measure', MEASURES, (chosen) => { measure = chosen; draw(); });
  draw();
  return { title: 'Stages', content: [h('div', { class: 'title' }, h('h1', {}, 'How the stages fare'), buttons), ...(weeks.length === 0 ? [h('p', { class: 'lead' }, 'There are no signals yet.')] : [body])] };
}
