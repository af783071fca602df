/**
 * One JSON line per message on stderr: stdout belongs to results. A log says what it is given and nothing else, so never give it an event,
 * a record's bytes or a key: counts, ids of partitions and offsets are enough to find them.
 */
type Level = 'info' | 'warn' | 'error';

export type Log = (level: Level, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The log of a service. `write` and `now` are for tests. */
export function createLog(
  service: string,
  write: (line: string) => void = (line) => process.stderr.write(line),
  now: () => Date = () => new Date(),
): Log {
  return (level, message, fields = {}) => {
    write(`${line({ time: now().toISOString(), level, service, message, ...fields })}\n`);
  };
}

// A field that cannot be written must not cost the message, let alone the process.
function line(entry: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(entry, plain);
  } catch {
    const { time, level, service, message } = entry;
    return JSON.stringify({ time, level, service, message, fields: 'not writable as JSON' });
  }
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return describe(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Errors have no enumerable fields of their own: name what helps, along the chain of causes. */
function describe(error: Error): Readonly<Record<string, unknown>> {
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined ? { stack: error.stack } : { cause: error.cause }),
  };
}
