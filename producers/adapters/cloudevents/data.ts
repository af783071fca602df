/** An event's data, where it is a JSON object; what is not tells us nothing. */
import { at, isObject, textAt, type Json } from '../json.ts';

// What the JSON format takes for JSON: */json and */*+json, or nothing said.
const JSON_TYPE = /^[^;]+[/+]json\s*(?:;|$)/i;

export const isJsonType = (contentType: string | undefined): boolean => contentType === undefined || JSON_TYPE.test(contentType);

export function dataOf(event: unknown): Json {
  const data = at(event, 'data') ?? packed(event);
  return isObject(data) ? data : {};
}

/** `data_base64` holds bytes; some senders put JSON there. */
function packed(event: unknown): unknown {
  const base64 = textAt(event, 'data_base64');
  if (base64 === undefined || !isJsonType(textAt(event, 'datacontenttype'))) return undefined;
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
