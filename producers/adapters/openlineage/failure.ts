/** What a failed run's errorMessage facet says, as the error that the user saw. */
import { at, textAt } from '../json.ts';

/** A message may hold a whole log; more than that tells nobody more, and an event that is too large would be lost. Ours. */
const MAX_MESSAGE_CHARS = 4_000;
/** Where a line names its exception, it does so early. Ours. */
const MAX_LINE_CHARS = 400;

// `java.io.IOException: …`, `ValueError: …`, `Caused by: x.y.ZError`; the name without its package.
const EXCEPTION = /(?:^|[\s"])(?:[A-Za-z_$][\w$]*\.)*([A-Za-z_$][\w$]*(?:Error|Exception|Interrupt|Exit|Warning))(?=[:\s]|$)/;
const UNNAMED = 'FAILED';

/** Undefined where the run does not say: then only the outcome is known. */
export function failureOf(event: unknown): { readonly code: unknown; readonly message: string; readonly cause: unknown } | undefined {
  const facets = at(event, 'run', 'facets');
  const code = at(facets, 'chokepoint', 'error_code');
  const message = textAt(facets, 'errorMessage', 'message');
  if (message === undefined && code === undefined) return undefined;
  return {
    code: code ?? exceptionIn(message, textAt(facets, 'errorMessage', 'stackTrace')) ?? UNNAMED,
    message: (message ?? '').slice(0, MAX_MESSAGE_CHARS),
    cause: at(facets, 'chokepoint', 'error_cause'),
  };
}

/** Python names the exception in a trace's last line, Java in its first. */
function exceptionIn(message = '', trace = ''): string | undefined {
  const lines = [firstLine(message), trace.trimEnd().slice(trace.trimEnd().lastIndexOf('\n') + 1), firstLine(trace)];
  for (const line of lines) {
    const name = EXCEPTION.exec(line.slice(0, MAX_LINE_CHARS))?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
