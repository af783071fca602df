/** What charts share: d3 as it is fetched once, a picture that is drawn again when its width changes, axes, marks per level. */
import { h, s } from './dom.ts';
import { percent } from './format.ts';
import { timeTicks } from './ticks.ts';

let loading: Promise<void> | null = null;

/** d3 comes when the first chart does: the first view does not wait for it. */
function loadD3(): Promise<void> {
  loading ??= new Promise((resolve, reject) => {
    const script = h('script', { src: `${document.body.dataset['base'] ?? ''}/d3.js` });
    script.addEventListener('load', () => { resolve(); });
    script.addEventListener('error', () => {
      loading = null;
      reject(new Error('The chart library cannot be fetched.'));
    });
    document.head.append(script);
  });
  return loading;
}

export interface Frame {
  readonly svg: SVGSVGElement;
  readonly width: number;
  readonly height: number;
}

/** A figure whose picture is drawn for the width that it has. `label` says in words what the picture shows; the numbers are in a table beside it. */
export function figure(label: string, height: number | ((width: number) => number), draw: (frame: Frame) => void, caption: Node | null = null): HTMLElement {
  const holder = h('div', { class: 'picture' });
  // What is below does not jump when it is drawn.
  if (typeof height === 'number') holder.style.minHeight = `${String(height)}px`;
  let drawn = 0;
  const render = (): void => {
    const width = Math.floor(holder.clientWidth);
    if (width === drawn || width < 40) return;
    drawn = width;
    const tall = typeof height === 'number' ? height : height(width);
    const svg = s('svg', { viewBox: `0 0 ${String(width)} ${String(tall)}`, width, height: tall, role: 'img', 'aria-label': label });
    draw({ svg, width, height: tall });
    holder.replaceChildren(svg);
  };
  void loadD3().then(() => {
    const observer = new ResizeObserver(() => {
      if (holder.isConnected) render();
      else observer.disconnect();
    });
    observer.observe(holder);
  }, () => { holder.replaceChildren(h('p', { class: 'empty' }, 'The picture cannot be drawn; the numbers are in the table.')); });
  return h('figure', {}, ...(caption === null ? [] : [h('figcaption', {}, caption)]), holder);
}

export const group = (parent: Element, x: number, y: number, className = ''): SVGGElement => {
  const g = s('g', { transform: `translate(${String(x)},${String(y)})`, class: className });
  parent.append(g);
  return g;
};

/** Marks that differ in shape, not in colour alone. */
const SYMBOLS: Readonly<Record<string, () => d3.SymbolType>> = {
  beginner: () => d3.symbolCircle, intermediate: () => d3.symbolSquare, expert: () => d3.symbolTriangle, infrequent: () => d3.symbolDiamond,
};
export const symbolPath = (level: string, size: number): string => d3.symbol((SYMBOLS[level] ?? SYMBOLS['beginner'] ?? (() => d3.symbolCircle))(), size)() ?? '';

/** The levels' names with their marks. */
export function legend(entries: readonly { readonly level: string; readonly name: string }[]): HTMLElement {
  const list = h('ul', { class: 'legend' });
  void loadD3().then(() => {
    list.replaceChildren(...entries.map(({ level, name }) => h('li', {}, s('svg', { width: 14, height: 14, viewBox: '-7 -7 14 14', 'aria-hidden': 'true' }, s('path', { d: symbolPath(level, 52), class: `level-${level}` })), name)));
  });
  return list;
}

/** How many marks, or which. */
type Marks = number | readonly number[];
const marked = (axis: d3.Axis<d3.NumberValue>, marks: Marks): d3.Axis<d3.NumberValue> => (typeof marks === 'number' ? axis.ticks(marks) : axis.tickValues(marks));

export function bottomAxis(parent: Element, scale: d3.AxisScale<d3.NumberValue> | d3.AxisScale<Date>, y: number, marks: Marks, format: (value: d3.NumberValue) => string): void {
  d3.select(group(parent, 0, y, 'axis')).call(marked(d3.axisBottom(scale as d3.AxisScale<d3.NumberValue>), marks).tickSize(4).tickPadding(6).tickFormat(format));
}

export function leftAxis(parent: Element, scale: d3.AxisScale<d3.NumberValue>, width: number, marks: Marks, format: (value: d3.NumberValue) => string): void {
  d3.select(group(parent, 0, 0, 'axis grid')).call(marked(d3.axisLeft(scale), marks).tickSize(-width).tickPadding(8).tickFormat(format));
}

/** From 0 to `most`, of shares or of milliseconds: the domain and its marks. */
export function measured(measure: 'share' | 'median_ms', most: number, wanted: number): { readonly top: number; readonly marks: Marks; readonly format: (value: d3.NumberValue) => string } {
  if (measure === 'share') return { top: 1, marks: wanted, format: (value) => percent(Number(value)) };
  const { values, format } = timeTicks(most, wanted);
  return { top: values.at(-1) ?? most, marks: values, format: (value) => format(Number(value)) };
}

export const utcDay = (value: d3.NumberValue | Date): string => d3.utcFormat('%-d %b')(new Date(Number(value)));
