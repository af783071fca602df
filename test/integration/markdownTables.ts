/** Tables in Markdown, as rows by column name; cells are text. */
export type MarkdownTable = readonly Readonly<Record<string, string>>[];

const cells = (line: string): string[] => line.replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim());

export function tablesOf(text: string): MarkdownTable[] {
  return [...text.matchAll(/^(\|.*\|)\n\|[ |-]+\|((?:\n\|.*\|)*)/gm)].map(([, head = '', body = '']) => {
    const names = cells(head);
    return body.split('\n').filter((line) => line !== '').map((line) => Object.fromEntries(cells(line).map((cell, n) => [names[n] ?? '', cell])));
  });
}

/** Rows as a query gives them (JSON), as a table; `time.000` is dropped, null is empty, lists are joined. */
export function tableOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`.replaceAll('|  |', '|  |');
  return [line(names), line(names.map(() => '---')), ...rows.map((row) => line(names.map((name) => cellOf(row[name]))))].join('\n');
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cellOf).join(', ');
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\.000$/, '');
}
