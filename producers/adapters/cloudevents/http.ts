/** The HTTP binding of CloudEvents: which of its three content modes a request has, and the event that a request in binary mode is. */
import { isJsonType } from './data.ts';
import type { Json } from '../json.ts';

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;
export type Mode = 'structured' | 'batch' | 'binary';

const PREFIX = 'ce-';

/** Null where the request is no CloudEvent, or one in another format than JSON. Header names are in lower case, as Node gives them. */
export function modeOf(headers: Headers): Mode | null {
  const type = String(headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/cloudevents+json') return 'structured';
  if (type === 'application/cloudevents-batch+json') return 'batch';
  return type?.startsWith('application/cloudevents') !== true && `${PREFIX}specversion` in headers ? 'binary' : null;
}

/** The event in the JSON format; null where the data is said to be JSON and is not. */
export function binaryEvent(headers: Headers, body: Buffer): Json | null {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(PREFIX) && typeof value === 'string') event[name.slice(PREFIX.length)] = decoded(value);
  }
  const contentType = headers['content-type'];
  if (typeof contentType === 'string') event['datacontenttype'] = contentType;
  // The attributes come first: no header may stand for the data.
  delete event['data'];
  delete event['data_base64'];
  if (body.length === 0) return event;
  if (!isJsonType(event['datacontenttype'] as string | undefined)) return { ...event, data_base64: body.toString('base64') };
  try {
    return { ...event, data: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return null;
  }
}

/** Attributes are percent-encoded UTF-8. A stray % is taken as it stands. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
