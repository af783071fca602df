/** Expertise: users over two axes of the model, sizes at each training, movements between levels. */
import type { ExpertiseShape } from '../shapes.ts';
import { get } from './api.ts';
import { bottomAxis, figure, group, leftAxis, legend, symbolPath, utcDay } from './chart.ts';
import { h, s, section, table } from './dom.ts';
import { count, day, FEW, minus, moment, percent, plural } from './format.ts';
import { dayTicks } from './ticks.ts';
import type { View } from './view.ts';
import { axisName, levelName, levelOrder } from './words.ts';

const MARGIN = { top: 10, right: 18, bottom: 40, left: 62 };
const MODELLED = ['beginner', 'intermediate', 'expert'];
const ofLevels = (levels: readonly string[]) => legend(levels.map((level) => ({ level, name: levelName(level) })));
const units = (value: d3.NumberValue): string => (Number(value) === 0 ? '0' : d3.format('+.1f')(Number(value)));

function clusters({ points, centroids, labels, axes }: ExpertiseShape, [across, up]: readonly [number, number]): HTMLElement {
  const label = `${plural(points.length, 'user')} over ${axisName(axes[across] ?? '')} and ${axisName(axes[up] ?? '')}, in units of the model; large marks are the centers of the levels`;
  return figure(label, (width) => Math.min(460, Math.max(280, width * 0.62)), ({ svg, width, height }) => {
    const centers = centroids.flatMap((at, n) => (at === null ? [] : [{ at, label: labels[n] ?? '' }]));
    const all = [...points, ...centers].map(({ at }) => at);
    const scale = (axis: number, range: [number, number]) => d3.scaleLinear(d3.extent(all, (at) => at[axis] ?? 0) as [number, number], range).nice();
    const x = scale(across, [MARGIN.left, width - MARGIN.right]);
    const y = scale(up, [height - MARGIN.bottom, MARGIN.top]);
    leftAxis(group(svg, MARGIN.left, 0), y, width - MARGIN.left - MARGIN.right, 5, units);
    bottomAxis(svg, x, height - MARGIN.bottom, 6, units);
    svg.append(s('text', { x: (width + MARGIN.left) / 2, y: height - 4, 'text-anchor': 'middle' }, axisName(axes[across] ?? '')), s('text', { x: -(height - MARGIN.bottom) / 2, y: 11, transform: 'rotate(-90)', 'text-anchor': 'middle' }, axisName(axes[up] ?? '')));
    for (const { level, at } of points) svg.append(s('path', { d: symbolPath(level, 26), class: `point level-${level}`, transform: `translate(${String(x(at[across] ?? 0))},${String(y(at[up] ?? 0))})` }));
    for (const { at, label: level } of centers) svg.append(s('path', { d: symbolPath(level, 240), class: `centroid level-${level}`, transform: `translate(${String(x(at[across] ?? 0))},${String(y(at[up] ?? 0))})` }));
  });
}

const sizeOf = (row: ExpertiseShape['sizes'][number] | undefined): string => (row?.few === true ? FEW : count(row === undefined ? 0 : row.users));

function sizesFigure({ sizes }: ExpertiseShape): HTMLElement {
  const rows = sizes.filter(({ level }) => MODELLED.includes(level));
  return figure(`Users by level at each training: ${MODELLED.map((level) => `${levelName(level)} ${sizeOf(rows.findLast((row) => row.level === level))}`).join(', ')} at the last`, 240, ({ svg, width, height }) => {
    const [first, last] = d3.extent(rows, ({ at }) => at) as [number, number];
    const x = d3.scaleUtc([first, last], [MARGIN.left, width - MARGIN.right]);
    const y = d3.scaleLinear([0, d3.max(rows, ({ users }) => users ?? 0) ?? 1], [height - 26, MARGIN.top]).nice();
    leftAxis(group(svg, MARGIN.left, 0), y, width - MARGIN.left - MARGIN.right, 4, (value) => count(Number(value)));
    bottomAxis(svg, x, height - 26, dayTicks(first, last, Math.max(2, Math.floor(width / 100))), utcDay);
    for (const level of MODELLED) {
      const own = rows.filter((row) => row.level === level && row.users !== null);
      const g = group(svg, 0, 0, `level-${level}`);
      g.append(s('path', { class: 'line', d: d3.line<(typeof own)[number]>((row) => x(row.at), (row) => y(row.users ?? 0))(own) ?? '' }));
      for (const row of own) g.append(s('path', { d: symbolPath(level, 40), transform: `translate(${String(x(row.at))},${String(y(row.users ?? 0))})` }));
    }
  });
}

function movesTable({ moves, moves_since }: ExpertiseShape): HTMLElement {
  const levels = [...new Set(moves.flatMap(({ from, to }) => [from, to]))].sort((a, b) => levelOrder(a) - levelOrder(b));
  const most = Math.max(1, ...moves.map(({ users }) => users ?? 0));
  const rows = levels.filter((from) => moves.some((move) => move.from === from));
  return table(`Changes of level since ${moves_since === null ? 'the beginning' : day(moves_since)}: from (rows) to (columns)`, [
    { head: 'From', isName: true, cell: (from) => levelName(from) },
    ...levels.map((to) => ({
      head: levelName(to), number: true as const,
      cell: (from: string) => {
        const move = moves.find((one) => one.from === from && one.to === to);
        const cell = h('span', { class: move === undefined ? 'cell none' : 'cell' }, move === undefined ? '–' : move.users === null ? FEW : count(move.users));
        cell.style.setProperty('--part', String(Math.sqrt((move?.users ?? 0) / most)));
        return cell;
      },
    })),
  ], rows, { empty: 'Nobody has changed level yet.' });
}

export async function expertiseView(): Promise<View> {
  const shape = await get<ExpertiseShape>('/api/expertise');
  const { models, axes, labels, centroids, points } = shape;
  const [latest] = models;
  let chosen: readonly [number, number] = [0, Math.min(1, axes.length - 1)];
  const picture = h('div');
  const select = (id: string, name: string, which: 0 | 1): HTMLElement => {
    const element = h('select', { id, change: () => { chosen = which === 0 ? [element.selectedIndex, chosen[1]] : [chosen[0], element.selectedIndex]; picture.replaceChildren(clusters(shape, chosen)); } }, ...axes.map((axis, at) => h('option', { value: axis, selected: at === chosen[which] }, axisName(axis))));
    return h('span', { class: 'choice' }, h('label', { for: id }, name), element);
  };
  picture.replaceChildren(clusters(shape, chosen));
  const title = h('div', { class: 'title' }, h('div', {}, h('h1', {}, 'Levels of expertise'), h('p', { class: 'lead' }, latest === undefined ? 'There is no model yet: the first training is on a Monday, with 30 frequent users.' : `Model of ${moment(latest.trained_at)}: ${latest.why}.`)));
  if (latest === undefined || centroids.length === 0) return { title: 'Expertise', content: [title] };
  return {
    title: 'Expertise',
    content: [
      title,
      h('div', { class: 'two' },
        h('div', { class: 'panel' }, h('div', { class: 'filters' }, select('across', 'Across', 0), select('up', 'Up', 1)), ofLevels(labels), picture, h('p', { class: 'fine below' }, `${plural(points.length, 'user')} without their names, counted again from the signals of the model's 28 days. Units: 0 is the median user, 1 an interquartile range above. Levels of fewer than five users are not drawn.`)),
        h('div', { class: 'panel' }, h('h2', {}, 'Centers'), table('Where the levels lie, in units of the model', [
          { head: 'Axis', isName: true, cell: ({ axis }) => axisName(axis) },
          ...labels.map((level, n) => ({ head: levelName(level), number: true as const, cell: ({ at }: { at: number }) => { const center = centroids[n]; return center === null ? '–' : minus((center?.[at] ?? 0).toFixed(2)); } })),
        ], axes.map((axis, at) => ({ axis, at })), { captionHidden: true }), h('h2', { class: 'gap' }, 'Movements'), movesTable(shape))),
      section('Sizes over time', 'Users by the level that they had after each training, where there were five or more.', h('div', { class: 'panel' }, ofLevels(MODELLED), sizesFigure(shape))),
      section('Trainings', 'One each Monday. Would change: the share of users to whom the new model gives another level. Users moved: whose new data the old model puts on another level; model moved: whom the new model puts elsewhere on the same data. Silhouette: how well the levels lie apart, at best 1. Of fewer than five users, and of the smallest other level where those would follow from it, there is no number.', table('Trainings of the model', [
        { head: 'Training', isName: true, className: 'nowrap', cell: ({ trained_at }) => day(trained_at) },
        { head: 'Decision', cell: ({ decision }) => decision },
        ...labels.map((level) => ({ head: levelName(level), number: true as const, cell: (model: ExpertiseShape['models'][number]) => count(model.sizes[model.labels.indexOf(level)] ?? null) })),
        { head: 'Would change', number: true, cell: ({ churn }) => percent(churn, 1) },
        { head: 'Users moved', number: true, cell: ({ moved_users }) => (moved_users === null ? FEW : count(moved_users)) },
        { head: 'Model moved', number: true, cell: ({ moved_model }) => (moved_model === null ? FEW : count(moved_model)) },
        { head: 'Silhouette', number: true, cell: ({ silhouette }) => (silhouette === null ? '–' : silhouette.toFixed(2)) },
        { head: 'Why', className: 'wrap', cell: ({ why }) => why },
      ], models, { captionHidden: true })),
    ],
  };
}
