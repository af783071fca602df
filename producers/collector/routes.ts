/** Every path of the collector, once: `app.ts` serves this table, `openapi/document.ts` describes it. A new path is an entry here. */
import { answerHealth } from '../../infra/service/healthServer.ts';
import { ADAPTER_ROUTES } from './adapterRoutes.ts';
import { HttpError, unavailable } from './answers.ts';
import { clockOf } from './clockBody.ts';
import { withDeadline } from './deadline.ts';
import { openApi } from './openapi/document.ts';
import { ref } from './openapi/schemas.ts';
import type { Asked, DeleteRoute, GetRoute, Given, PostRoute } from './route.ts';

/** A status waits for transactions that are open in what it reads; longer than that, one is hanging. Ours. */
const STATUS_MS = 15_000;

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

const EVENT = { user_id: 'ada', occurred_at: '2026-11-23T10:00:00Z', type: 'interaction', feature: 'notebooks.create', action: 'open' };
const USER = { user_id: 'ada', team: 'search', role: 'data-scientist', org: 'retail', joined_at: '2026-01-05T09:00:00Z' };
const FEATURE = { feature: 'notebooks.create', title: 'Create a notebook', stage: 'features', expected_ms: 60_000 };

/** `{"<list>": […]}`, or one a line. */
const listed = (list: 'Events' | 'Users' | 'Features', one: 'Event' | 'User' | 'Feature', example: object): PostRoute['bodies'] => ({
  [JSON_TYPE]: { schema: ref(list), example: { [list.toLowerCase()]: [example] } },
  [NDJSON_TYPE]: { schema: ref(one), example },
});

export const POST_ROUTES: readonly PostRoute[] = [
  {
    path: '/v1/events',
    right: 'write',
    fromPages: true,
    success: 202,
    summary: 'Events of users',
    bodies: listed('Events', 'Event', EVENT),
    answer: { description: 'Kafka has acknowledged all that is accepted', schema: ref('EventsAnswer') },
    refusals: [400, 413],
    handle: async (core, request, caller) => {
      const { accepted, rejected, made } = await core.events(await request.values('events', core.writerContext(caller)), caller);
      return made.length === 0 ? { accepted, rejected } : { accepted, rejected, event_ids: made };
    },
  },
  ...ADAPTER_ROUTES,
  {
    path: '/v1/users',
    right: 'admin',
    success: 202,
    summary: 'Who the users are',
    bodies: listed('Users', 'User', USER),
    answer: { description: 'Kafka has acknowledged all that is accepted', schema: ref('CatalogAnswer') },
    refusals: [400, 413],
    handle: async (core, request) => {
      const { records, rejected } = await core.users(await request.values('users'));
      return { accepted: records.length, rejected };
    },
  },
  {
    path: '/v1/features',
    right: 'admin',
    success: 202,
    summary: 'The catalog of features',
    bodies: listed('Features', 'Feature', FEATURE),
    answer: { description: 'Kafka has acknowledged all that is accepted', schema: ref('CatalogAnswer') },
    refusals: [400, 413],
    handle: async (core, request) => {
      const { records, rejected } = await core.features(await request.values('features'));
      return { accepted: records.length, rejected };
    },
  },
  {
    path: '/v1/clock',
    right: 'admin',
    success: 202,
    summary: 'The end of a replayed history',
    description: 'Appends a clock to every partition of platform.events. More than 5 minutes ahead of now: 400.',
    bodies: { [JSON_TYPE]: { schema: ref('Clock'), example: { occurred_at: '2026-11-23T10:00:00Z' } } },
    answer: { description: 'Every partition has the clock', schema: ref('ClockAnswer') },
    refusals: [400, 413],
    handle: async (core, request) => {
      const occurredAt = clockOf(request.raw(), core.now());
      return { occurred_at: occurredAt, partitions: await core.clock(occurredAt) };
    },
  },
];

export const DELETE_ROUTES: readonly DeleteRoute[] = [
  {
    path: '/v1/users/{user_id}',
    parameter: 'user_id',
    right: 'admin',
    success: 202,
    summary: 'Erases a user',
    description: 'What the user has done up to now, and up to five minutes from now, is dropped wherever it is met and deleted from ClickHouse; docs/runbook.md says what stays and for how long. The same again does no harm; a user who is not known is no error.',
    handle: (core, userId) => core.eraseUser(userId),
  },
];

const json = (name: Parameters<typeof ref>[0], description: string): GetRoute['answers'][number] => ({ description, contentType: JSON_TYPE, schema: ref(name) });

const health = (path: string) => async (asked: Asked): Promise<Given> => {
  const answer = await answerHealth(path, asked.health);
  if (answer === null) throw new HttpError(404, 'not_found', 'there is no such path');
  return answer;
};

export const GET_ROUTES: readonly GetRoute[] = [
  {
    path: '/v1/status',
    summary: 'How far each stage has come',
    description: 'caught_up: everything that was in platform.events when the request came has reached ClickHouse.',
    answers: { 200: json('Status', 'Offsets in platform.events'), 503: json('Refusal', 'Kafka does not answer') },
    handle: async ({ core, log }) => {
      const body = await withDeadline(core().status(), STATUS_MS, () => new Error('no answer in time')).catch((cause: unknown) => {
        log('warn', 'no status', { error: cause });
        throw unavailable('Kafka does not answer', { cause });
      });
      return { status: 200, contentType: JSON_TYPE, body };
    },
  },
  { path: '/healthz', summary: 'The process answers', answers: { 200: json('Alive', 'It does') }, handle: health('/healthz') },
  { path: '/readyz', summary: 'Whether events can be taken now', answers: { 200: json('Ready', 'They can'), 503: json('Ready', 'They cannot, and why') }, handle: health('/readyz') },
  { path: '/metrics', summary: 'Prometheus', answers: { 200: { description: 'Text format', contentType: 'text/plain', schema: ref('Text') } }, handle: health('/metrics') },
  {
    path: '/openapi.json',
    summary: 'This document',
    answers: { 200: json('Document', 'OpenAPI 3.1') },
    handle: () => Promise.resolve({ status: 200, contentType: JSON_TYPE, body: openApi(POST_ROUTES, GET_ROUTES, DELETE_ROUTES) }),
  },
];
