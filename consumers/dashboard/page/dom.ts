/** Elements made by hand: every value becomes a text node or an attribute, never markup. */
export type Child = Node | string | number | null | false;

type Handler = (event: Event) => void;
type Attributes = Readonly<Record<string, string | number | boolean | null | Handler>>;

const SVG = 'http://www.w3.org/2000/svg';

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(typeof child === 'number' ? String(child) : child);
  return element;
}

export function h<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

export function s<Name extends keyof SVGElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function one(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** What tells an element from the others of its place, before and after that is drawn anew. */
const nameOf = (element: Element): string => `${element.tagName} ${element.getAttribute('href') ?? element.getAttribute('aria-label') ?? element.textContent}`;

/** Puts these in place of what is there. What has the focus has it afterwards as well, and what was opened is open, where it still is. */
export function redraw(place: HTMLElement, ...content: Node[]): void {
  const focused = document.activeElement !== place && place.contains(document.activeElement) ? nameOf(document.activeElement as Element) : null;
  const opened = new Set([...place.querySelectorAll('details[open] > summary')].map(nameOf));
  place.replaceChildren(...content);
  for (const details of place.querySelectorAll('details')) if (details.firstElementChild !== null && opened.has(nameOf(details.firstElementChild))) details.open = true;
  if (focused !== null) [...place.querySelectorAll<HTMLElement>('a, button, summary, [tabindex]')].find((element) => nameOf(element) === focused)?.focus({ preventScroll: true });
}

/** Somebody is marking text, to copy it. */
export const isSelecting = (): boolean => getSelection()?.isCollapsed === false;

/** Buttons of which one is pressed, at first the first. They stay when one is chosen, and the focus with them. */
export function choice<Option extends { readonly name: string }>(label: string, options: readonly Option[], choose: (option: Option) => void): HTMLElement {
  const buttons = options.map((option, at) => h('button', { type: 'button', 'aria-pressed': String(at === 0), click: () => {
    buttons.forEach((button, other) => { button.setAttribute('aria-pressed', String(other === at)); });
    choose(option);
  } }, option.name));
  return h('div', { class: 'filters', role: 'group', 'aria-label': label }, ...buttons);
}

/** For those who do not see the page change. */
export function announce(text: string): void {
  one('[data-announce]').textContent = text;
}

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Child;
  /** Right-aligned, in figures of one width. */
  readonly number?: true;
  readonly className?: string;
  /** Names the row. */
  readonly isName?: true;
}

/** A table with a caption and headers. Scrolls sideways by itself where it does not fit, also by keyboard. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[], options: { readonly captionHidden?: boolean; readonly empty?: string } = {}): HTMLElement {
  const { captionHidden = false, empty = 'Nothing here.' } = options;
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  const classOf = ({ number, className }: Column<Row>): string | null => [number === true ? 'num' : '', className ?? ''].join(' ').trim() || null;
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', {},
      h('caption', { class: captionHidden ? 'sr' : null }, caption),
      h('thead', {}, h('tr', {}, ...columns.map((column) => h('th', { scope: 'col', class: column.number === true ? 'num' : null }, column.head)))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...columns.map((column) => (column.isName === true ? h('th', { scope: 'row', class: classOf(column) }, column.cell(row)) : h('td', { class: classOf(column) }, column.cell(row)))))))));
}

/** A section with its heading, and a line that says what is to be seen. */
export function section(title: string, lead: string | null, ...children: Child[]): HTMLElement {
  return h('section', { class: 'block' }, h('h2', {}, title), lead === null ? null : h('p', { class: 'lead' }, lead), ...children);
}
