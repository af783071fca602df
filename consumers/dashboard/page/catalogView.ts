/** The catalog: features and what became of them, and those that events name and it lacks. */
import type { CatalogShape } from '../shapes.ts';
import { get } from './api.ts';
import { announce, h, section, table } from './dom.ts';
import { count, day, duration, moment, plural } from './format.ts';
import type { View } from './view.ts';
import { stageName } from './words.ts';

export async function catalogView(): Promise<View> {
  const { features, unknown } = await get<CatalogShape>('/api/catalog');
  const list = h('div');
  const search = h('input', { id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false', input: () => { draw(); } });
  const draw = (): void => {
    const wanted = search.value.trim().toLowerCase();
    const found = features.filter((one) => [one.feature, one.title, one.tool, one.owner ?? '', one.stage].some((text) => text.toLowerCase().includes(wanted)));
    if (wanted !== '') announce(`${plural(found.length, 'feature')} found`);
    list.replaceChildren(table('Features', [
      { head: 'Feature', isName: true, cell: ({ title }) => title },
      { head: 'Id', className: 'id', cell: ({ feature }) => feature },
      { head: 'Stage', cell: ({ stage }) => stageName(stage) },
      { head: 'Tool', cell: ({ tool }) => (tool === '' ? '–' : tool) },
      { head: 'Owner', cell: ({ owner }) => owner ?? '–' },
      { head: 'Expected time', number: true, cell: ({ expected_ms }) => duration(expected_ms) },
      { head: 'Core', cell: ({ core }) => (core ? 'core' : '–') },
      { head: 'Signals, 28 days', number: true, cell: ({ signals }) => (signals === null ? 'few users' : count(signals)) },
      { head: 'Latest', number: true, cell: ({ latest_at }) => (latest_at === null ? '–' : day(latest_at)) },
      { head: 'Open challenges', number: true, cell: ({ open_challenges }) => (open_challenges === 0 ? '–' : count(open_challenges)) },
    ], found, { captionHidden: true, empty: features.length === 0 ? 'The catalog is empty: chokepoint catalog apply posts one from a file.' : 'No feature is like that.' }));
  };
  draw();
  return {
    title: 'Catalog',
    content: [
      h('div', { class: 'title' }, h('div', {}, h('h1', {}, 'Catalog'), h('p', { class: 'lead' }, `${plural(features.length, 'feature')}${unknown.length === 0 ? '; every feature that events name is in it.' : `; ${plural(unknown.length, 'feature')} in events that it lacks.`}`)), h('div', { class: 'filters' }, h('label', { for: 'search' }, 'Find'), search)),
      ...(unknown.length === 0 ? [] : [section('Unknown features', 'Their events wait in dead-letter until the catalog has them and they are replayed.', table('Features that events name and the catalog lacks', [
        { head: 'Feature', isName: true, className: 'wrap', cell: ({ feature }) => feature },
        { head: 'Events', number: true, cell: ({ letters }) => count(letters) },
        { head: 'First', cell: ({ first }) => moment(first) },
        { head: 'Last', cell: ({ last }) => moment(last) },
      ], unknown, { captionHidden: true }))]),
      h('div', { class: 'block' }, list),
    ],
  };
}
