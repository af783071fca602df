/** Asking the server. Who is not signed in is sent to do so, and comes back to where they were. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Null where it is no JSON: what a proxy in front says is a page. */
function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
}

interface Refusal {
  readonly detail?: string;
}

/** Longer than the server takes for any answer. */
const LONGEST_MS = 40_000;

/** Told to the document when the session has ended. */
export const SIGNED_OUT = 'signed-out';

export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(path, { method, credentials: 'same-origin', signal: AbortSignal.timeout(LONGEST_MS), ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-chokepoint': '1' } }) });
    text = await answer.text();
  } catch {
    throw new ApiError(0, 'The server does not answer.');
  }
  if (answer.status === 204) return undefined as T;
  const given = parsed(text);
  if (answer.ok && given !== null) return given as T;
  if (answer.status === 401 && method !== 'POST') document.dispatchEvent(new Event(SIGNED_OUT));
  throw new ApiError(answer.status, (given as Refusal | null)?.detail ?? `The server answered ${String(answer.status)}.`);
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path);
