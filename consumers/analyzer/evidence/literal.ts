/** Values as ClickHouse's SQL has them: whatever a feature or a team is called, it stays a value. */

/** Backslash and quote end or bend a literal; a NUL would end the statement for some clients. */
export const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;

export const list = (values: readonly string[]): string => `(${values.map(text).join(', ')})`;

/** Of epoch milliseconds, UTC. */
export const time = (at: number): string => `toDateTime64('${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}', 3, 'UTC')`;
