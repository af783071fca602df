/** An event of jupyter-events (Jupyter Server's and extensions' telemetry), as its loggers write it, as an element. docs/adapters.md has the mapping. */
import { hashOf } from '../../../schemas/ids.ts';
import { ownFields, propertiesOf, refused, type Adapted, type AdaptedType } from '../adapted.ts';
import { at, isObject, textAt, texts, type Json } from '../json.ts';

const TYPES: readonly string[] = ['interaction', 'error', 'timing', 'task_started', 'task_finished'] satisfies readonly AdaptedType[];

const NOBODY = 'Jupyter: the event does not say whose it is: post to ?user_id=<user> (a server is one user\'s), or give the event a field user_id';

/** `user`: of the request's address, for servers that are one user's; an event's own comes first. */
export function adaptJupyter(value: unknown, user: string | undefined): Adapted {
  if (!isObject(value)) return refused('Jupyter: the event is no JSON object');
  const [schema, timestamp] = [textAt(value, '__schema__'), textAt(value, '__timestamp__')];
  if (schema === undefined || timestamp === undefined) return refused('Jupyter: __schema__ or __timestamp__ is missing: send what a handler of jupyter_events.EventLogger gets');
  const own = ownFields(value);
  const userId = own.user_id ?? user;
  if (userId === undefined || userId === '') return refused(NOBODY);
  const content = contentOf(value);
  if (content === null) return refused('Jupyter: the event is nested too deeply');
  const feature = featureOf(schema);
  const given = textAt(value, 'type');
  return {
    kind: 'event',
    element: {
      ...own,
      // It has no id: the same event sent again is the same text, of the same microsecond.
      event_id: hashOf('jupyter', content),
      user_id: userId,
      occurred_at: instantOf(timestamp),
      feature: own.feature ?? feature,
      action: own.action ?? feature.slice(feature.lastIndexOf('/') + 1),
      ...(given !== undefined && TYPES.includes(given) ? { type: given } : typeOf(value)),
      properties: propertiesOf(texts({ jupyter_schema: schema, kernel_name: at(value, 'kernel_name') }), at(value, 'properties')),
    },
  };
}

/** Null where it is nested so deeply that it cannot be written. */
function contentOf(value: Json): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** `https://events.jupyter.org/jupyter_server/kernel_actions/v1` is the feature `events.jupyter.org/jupyter_server/kernel_actions`. */
const featureOf = (schema: string): string => schema.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/v\d+$/, '');

/** jupyter-events appends a Z to times that have an offset already. */
const instantOf = (timestamp: string): string => timestamp.replace(/([+-]\d\d:?\d\d)Z$/, '$1');

/** Jupyter Server's own events say `status: error`, and why. */
function typeOf(event: Json): { readonly type: AdaptedType; readonly error?: unknown } {
  const error = at(event, 'error');
  if (error !== undefined) return { type: 'error', error };
  if (at(event, 'status') !== 'error') return { type: 'interaction' };
  const code = at(event, 'status_code');
  return { type: 'error', error: { code: typeof code === 'number' || typeof code === 'string' ? String(code) : 'error', message: textAt(event, 'msg') ?? textAt(event, 'message') ?? '' } };
}
