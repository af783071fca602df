/** The OpenAPI 3.1 document of the collector, made from the table of its routes: it cannot name a path that is not served. */
import type { DeleteRoute, GetRoute, PostRoute, Schema } from '../route.ts';
import { SCHEMAS, ref } from './schemas.ts';

const DESCRIPTION = `Events come in, and are acknowledged once Kafka has them on all in-sync replicas.
Every refusal is {"error", "detail"}. A body may be packed (Content-Encoding: gzip). 500 is an error of the collector. Requests that are no HTTP are refused before they have a path: 400, 408 (too slow) and 431 (headers too large). A body that no path asked for is looked at all the same: 400, 413.`;

const REFUSALS = {
  400: 'The body cannot be read: no JSON, no UTF-8, no gzip, another Content-Type. Nothing is accepted',
  401: 'No key, or one that may not do this',
  413: 'Too many bytes or too many events for one request. Nothing is accepted',
  422: 'The request is one event, and that is refused: the detail says why. It is in the dead letters',
  429: 'The key\'s limit is reached: send the same again after Retry-After seconds',
  503: 'Kafka does not acknowledge, or too many requests are under way. Nothing is accepted: send the same again after Retry-After seconds; events with an event_id count once',
} as const;

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } } };

const content = (contentType: string, schema: Schema): object => ({ content: { [contentType]: { schema } } });
const refusal = (status: keyof typeof REFUSALS): object => ({
  description: REFUSALS[status],
  ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
  ...content('application/json', ref('Refusal')),
});

const operationId = (method: string, path: string): string => method + path.replace(/[^A-Za-z0-9]+([A-Za-z0-9]|$)/g, (_, next: string) => next.toUpperCase());

function posted(route: PostRoute): object {
  const statuses = [...route.refusals, 401, 429, 503] as const;
  return {
    operationId: operationId('post', route.path),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: [{ [route.right]: [] }],
    requestBody: { required: true, content: Object.fromEntries(Object.entries(route.bodies).map(([type, { schema, example }]) => [type, { schema, example }])) },
    responses: {
      [route.success]: { description: route.answer.description, ...content('application/json', route.answer.schema) },
      ...Object.fromEntries(statuses.map((status) => [status, refusal(status)])),
    },
  };
}

function asked(route: GetRoute): object {
  return {
    operationId: operationId('get', route.path),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: [],
    responses: Object.fromEntries(Object.entries(route.answers).map(([status, { description, contentType, schema }]) => [status, { description, ...content(contentType, schema) }])),
  };
}

function deleted(route: DeleteRoute): object {
  return {
    operationId: operationId('delete', route.path),
    summary: route.summary,
    description: route.description,
    security: [{ [route.right]: [] }],
    parameters: [{ name: route.parameter, in: 'path', required: true, schema: { type: 'string' } }],
    responses: {
      [route.success]: { description: 'Kafka has acknowledged it' },
      ...Object.fromEntries(([401, 429, 503] as const).map((status) => [status, refusal(status)])),
    },
  };
}

function preflight(path: string): object {
  return {
    operationId: operationId('options', path),
    summary: 'Whether a web page may post',
    security: [],
    responses: { 204: { description: 'It may where Access-Control-Allow-Origin is there' }, 404: { description: 'No page may: COLLECTOR_ORIGINS is empty', ...content('application/json', ref('Refusal')) } },
  };
}

export function openApi(posts: readonly PostRoute[], gets: readonly GetRoute[], deletes: readonly DeleteRoute[]): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Chokepoint collector', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths: Object.fromEntries<object>([
      ...posts.map((route): [string, object] => [route.path, { post: posted(route), ...(route.fromPages === true ? { options: preflight(route.path) } : {}) }]),
      ...gets.map((route): [string, object] => [route.path, { get: asked(route) }]),
      ...deletes.map((route): [string, object] => [route.path, { delete: deleted(route) }]),
    ]),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        write: { type: 'http', scheme: 'bearer', description: 'A write key, or an admin key' },
        admin: { type: 'http', scheme: 'bearer', description: 'An admin key' },
      },
    },
  };
}
