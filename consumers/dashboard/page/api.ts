/** Asking the server. Who is not signed in is sent to do so, and comes back to where they were. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Refusal {
  readonly detail?: string;
}

export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-chokepoint': '1' } }) });
  } catch {
    throw new ApiError(0, 'The server does not answer.');
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  const given = text === '' ? {} : (JSON.parse(text) as unknown);
  if (answer.ok) return given as T;
  throw new ApiError(answer.status, (given as Refusal).detail ?? `The server answered ${String(answer.status)}.`);
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path);
