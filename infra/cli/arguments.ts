import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A command line that does not fit: the message is for the person who typed it. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly what: string;
  /** Shown in the help, as in `--data DIR`. */
  readonly value?: string;
}

/** Parsed options, or null where help was asked for and has been printed. */
export function readArguments<const Options extends Readonly<Record<string, Option>>>(
  command: string,
  options: Options,
  args: readonly string[],
): { readonly [K in keyof Options]?: Options[K]['type'] extends 'boolean' ? boolean : string } | null {
  if (args.includes('--help') || args.includes('-h')) {
    const rows = Object.entries(options).map(([name, { what, value }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, what] as const);
    const width = Math.max(6, ...rows.map(([left]) => left.length));
    console.log([`usage: npm run chokepoint -- ${command}${rows.length > 0 ? ' [options]' : ''}`, '', ...rows.map(([left, what]) => `  ${left.padEnd(width)}  ${what}`), `  ${'--help'.padEnd(width)}  this`].join('\n'));
    return null;
  }
  const config: ParseArgsConfig = { args: [...args], allowNegative: true, options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])) };
  try {
    return parseArgs(config).values as { readonly [K in keyof Options]?: Options[K]['type'] extends 'boolean' ? boolean : string };
  } catch (cause) {
    throw new UsageError(`${command}: ${(cause as Error).message} (--help lists the options)`, { cause });
  }
}

/** What a command is about, where its first argument is no option, and the options. */
export function subjectOf(args: readonly string[]): readonly [subject: string | undefined, options: readonly string[]] {
  const [first, ...rest] = args;
  return first === undefined || first.startsWith('-') ? [undefined, args] : [first, rest];
}

export function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`--${name} takes a whole number, not '${text}'`);
  return value;
}
