/** The bodies of the collector's HTTP as JSON Schema: what `validate.ts` takes, and what is answered. A test holds both together. */
import { MAX_ID_CHARS, MAX_PROPERTIES } from '../fields.ts';
import type { Schema } from '../route.ts';
import { CAUSES, OUTCOMES, STAGES, TYPES } from '../validate.ts';

export const ref = (name: keyof typeof SCHEMAS): Schema => ({ $ref: `#/components/schemas/${name}` });

const list = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = Object.keys(properties), more: Schema = {}): Schema => ({ type: 'object', properties, required, ...more });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const known = (values: readonly string[], description: string): Schema => ({ type: 'string', enum: values, description });

const TEXT: Schema = { type: 'string' };
const COUNT: Schema = { type: 'integer', minimum: 0 };
const FLAG = (description: string): Schema => orNull({ type: 'boolean', default: false, description });
/** A short name; no control characters. */
const optionalId = (description: string): Schema => orNull({ type: 'string', maxLength: MAX_ID_CHARS, description });
const id = (description: string): Schema => ({ type: 'string', minLength: 1, maxLength: MAX_ID_CHARS, description });
const time = (description: string): Schema => ({ anyOf: [{ type: 'integer' }, { type: 'string' }], description: `${description} Milliseconds since 1970, or ISO 8601.` });
const ms = (minimum: 0 | 1, description: string): Schema => orNull({ type: 'integer', minimum, description });

const event = object({
  event_id: orNull(id('Makes it safe to send the event again: it counts once per user and id. Made by the collector, and returned, where it is absent.')),
  user_id: id('Whose event it is.'),
  session_id: optionalId('Of the sender.'),
  occurred_at: time('When it happened; never altered.'),
  sent_at: orNull(time('When it was sent, by the sender\'s clock; only measures how far that is off.')),
  source: optionalId('Where the event comes from; the key\'s where it is absent.'),
  type: known(TYPES, 'interaction needs action; error needs error; timing needs duration_ms; task_started needs task_id; task_finished needs task_id and outcome.'),
  feature: id('A feature of the catalog.'),
  action: optionalId('What was done.'),
  task_id: optionalId('Ties a start to its finish.'),
  outcome: orNull(known(OUTCOMES, 'How the task ended.')),
  duration_ms: ms(0, 'Time spent.'),
  waiting_ms: ms(0, 'Of it in a queue, which is not the user\'s.'),
  release: optionalId('Of what the user used.'),
  error: orNull(object({ code: id('For a machine.'), message: orNull(TEXT), cause: orNull(known(CAUSES, 'Whose fault it is; unknown where it is absent.')) }, ['code'])),
  properties: orNull({ type: 'object', additionalProperties: TEXT, maxProperties: MAX_PROPERTIES, propertyNames: { maxLength: MAX_ID_CHARS, not: { const: '__proto__' } } }),
}, ['user_id', 'occurred_at', 'type', 'feature'], { description: 'Unknown fields are ignored; a wrong type or a missing field rejects this event alone.' });

const user = object({ user_id: id(''), team: id(''), role: id('service: a machine, never counted.'), org: id(''), joined_at: time('') });

const feature = object({
  feature: id('As events name it.'), title: id('As people know it.'), stage: known(STAGES, 'Of the life cycle.'), tool: optionalId('What it is part of.'),
  core: FLAG('Everyone is expected to use it.'), expected_ms: ms(1, 'How long its task should take.'), task_timeout_ms: ms(1, 'After that a task without a finish is abandoned; 24 h where it is absent.'),
  owner: optionalId('Who is told.'), ignore_repeats: FLAG('Failed attempts are by design.'),
}, ['feature', 'title', 'stage']);

const rejected = (reasons: readonly string[], more: Readonly<Record<string, Schema>>): Schema => list(object({ index: COUNT, ...more, reason: known(reasons, ''), detail: TEXT }));
const offsets: Schema = { type: 'object', description: 'By partition of platform.events.', additionalProperties: COUNT };
const stage = object({ complete_through: orNull(offsets), lag: orNull(COUNT) });

export const SCHEMAS = {
  Event: event,
  Events: object({ events: list({ $ref: '#/components/schemas/Event' }) }),
  EventsAnswer: object({
    accepted: COUNT,
    rejected: rejected(['undecodable', 'invalid', 'too_large'], { event_id: orNull(TEXT) }),
    event_ids: list(object({ index: COUNT, event_id: TEXT })),
  }, ['accepted', 'rejected'], { description: 'event_ids: those that the collector made, where there are any. What is rejected is in the dead letters too.' }),
  RunEvent: object({ eventTime: TEXT }, ['eventTime'], { description: 'Of OpenLineage (openlineage.io/spec/2-0-2/OpenLineage.json). RunEvent, JobEvent or DatasetEvent.' }),
  CloudEvent: object({ specversion: { const: '1.0' }, id: id('Of the event at its source.'), source: id(''), type: id('docs/adapters.md says what it means here.') }, ['specversion', 'id', 'source', 'type'], { description: 'Of CloudEvents, in its JSON format.' }),
  CloudEventBatch: list({ $ref: '#/components/schemas/CloudEvent' }),
  JupyterEvent: object({ __schema__: id('Id of its schema.'), __timestamp__: TEXT }, ['__schema__', '__timestamp__'], { description: 'As a handler of jupyter_events.EventLogger gets it.' }),
  AdaptedAnswer: object({ accepted: COUNT, rejected: rejected(['undecodable', 'invalid', 'too_large'], { event_id: orNull(TEXT) }), ignored: COUNT }, [], { description: 'ignored: what tells nothing about what users do, where there is any. What is rejected is in the dead letters too.' }),
  User: user,
  Users: object({ users: list({ $ref: '#/components/schemas/User' }) }),
  Feature: feature,
  Features: object({ features: list({ $ref: '#/components/schemas/Feature' }) }),
  CatalogAnswer: object({ accepted: COUNT, rejected: rejected(['undecodable', 'invalid'], {}) }),
  Clock: object({ occurred_at: time('The end of a replayed history.') }),
  ClockAnswer: object({ occurred_at: { type: 'integer' }, partitions: COUNT }),
  Status: object({ caught_up: { type: 'boolean' }, end: offsets, stages: object(Object.fromEntries(['processor', 'profile', 'cohort', 'sink', 'alerts'].map((name) => [name, stage]))) }),
  Alive: object({ alive: { const: true } }),
  Ready: object({ ready: { type: 'boolean' }, detail: { type: 'object' } }),
  Refusal: object({ error: known(['bad_request', 'unauthorized', 'not_found', 'too_large', 'invalid', 'undecodable', 'too_many', 'unavailable', 'internal'], 'For a machine.'), detail: { type: 'string', description: 'For a person: what to do.' } }),
  Text: TEXT,
  Document: { type: 'object' },
} as const satisfies Readonly<Record<string, Schema>>;
