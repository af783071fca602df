/** Where events of other standards are taken (docs/adapters.md). They are read and adapted here, and are like all others from there on. */
import type { Adapt } from '../adapters/adapted.ts';
import { adaptCloudEvent } from '../adapters/cloudevents/event.ts';
import { binaryEvent, modeOf, type Headers } from '../adapters/cloudevents/http.ts';
import { adaptJupyter } from '../adapters/jupyter/event.ts';
import { adaptOpenLineage } from '../adapters/openlineage/runEvent.ts';
import { adaptBody, answerTo, type AdaptedAnswer } from './adapt.ts';
import { HttpError } from './answers.ts';
import { BodyError, formatOf, parseBody, parseValues, writtenAnew, type Body } from './body.ts';
import type { Core } from './core.ts';
import type { Caller } from './keys/key.ts';
import { ref } from './openapi/schemas.ts';
import type { PostRoute } from './route.ts';

const RUN_EVENT = {
  eventType: 'START', eventTime: '2026-11-23T10:00:00Z', producer: 'https://example.org/pipelines', schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json',
  run: { runId: '0197b8d2-7c1e-7000-8000-000000000001' }, job: { namespace: 'prod', name: 'churn.train', facets: { ownership: { owners: [{ name: 'user:ada' }] } } },
};
const CLOUD_EVENT = { specversion: '1.0', id: 'A1', source: '/notebooks', type: 'com.example.notebook.opened', time: '2026-11-23T10:00:00Z', userid: 'ada' };
const JUPYTER_EVENT = { __timestamp__: '2026-11-23T10:00:00.123456+00:00Z', __schema__: 'https://events.jupyter.org/jupyter_server/kernel_actions/v1', __schema_version__: '1', __metadata_version__: 1, action: 'start', msg: 'Kernel started', user_id: 'ada' };


/** An HTTP client that posts one event expects the status to tell of it: 422 where it is refused. Lists are answered like those of /v1/events. */
async function take(core: Core, caller: Caller, given: Body, adapt: Adapt): Promise<AdaptedAnswer> {
  const adapted = adaptBody(given, adapt);
  const intake = await core.events(adapted.body, caller);
  const only = given.values.length === 1 ? intake.rejected[0] : undefined;
  if (only !== undefined) throw new HttpError(422, only.reason, only.detail);
  return answerTo(intake, adapted);
}

const one = (bytes: Buffer, mediaType: string): Body => {
  const body = parseValues(bytes);
  if (body.values.length !== 1 || Array.isArray(body.values[0])) throw new BodyError(`a body of ${mediaType} is one event: post each by itself`);
  return body;
};

function cloudEvents(headers: Headers): (bytes: Buffer) => Body {
  const mode = modeOf(headers);
  switch (mode) {
    case 'structured':
      return (bytes) => one(bytes, 'application/cloudevents+json');
    case 'batch':
      return parseValues;
    case 'binary':
      return (bytes) => {
        const event = binaryEvent(headers, bytes);
        if (event === null) throw new BodyError('the body is not JSON, but its Content-Type says so');
        return { values: [event], broken: new Map(), original: () => Buffer.from(writtenAnew(event)) };
      };
    case null:
      throw new BodyError('no CloudEvent: send Content-Type application/cloudevents+json or application/cloudevents-batch+json, or the attributes as ce- headers');
  }
}

const ANSWER = { description: 'Kafka has acknowledged all that is accepted', schema: ref('AdaptedAnswer') };

export const ADAPTER_ROUTES: readonly PostRoute[] = [
  {
    // The path that OpenLineage's clients post to where only an address is configured.
    path: '/api/v1/lineage',
    right: 'write',
    success: 202,
    summary: 'OpenLineage: runs of jobs become tasks of users',
    bodies: { 'application/json': { schema: ref('RunEvent'), example: RUN_EVENT } },
    answer: ANSWER,
    refusals: [400, 413, 422],
    handle: async (core, request, caller) => take(core, caller, await request.read((bytes) => one(bytes, 'OpenLineage')), adaptOpenLineage),
  },
  {
    path: '/v1/cloudevents',
    right: 'write',
    success: 202,
    summary: 'CloudEvents, in all three content modes',
    description: 'In binary mode the attributes are ce- headers, and the body is the data.',
    bodies: { 'application/cloudevents+json': { schema: ref('CloudEvent'), example: CLOUD_EVENT }, 'application/cloudevents-batch+json': { schema: ref('CloudEventBatch'), example: [CLOUD_EVENT] } },
    answer: { ...ANSWER, description: `${ANSWER.description}. No body where that is everything` },
    refusals: [400, 413, 422],
    handle: async (core, request, caller) => {
      const answer = await take(core, caller, await request.read(cloudEvents(request.headers)), adaptCloudEvent);
      // Brokers of events take a body for an event sent back: there is one only where something is to be told.
      return answer.rejected.length === 0 ? null : answer;
    },
  },
  {
    path: '/v1/jupyter',
    right: 'write',
    success: 202,
    summary: 'Jupyter Events, one or many, or one a line',
    description: '?user_id=… says whose events they are that do not say it themselves.',
    bodies: { 'application/json': { schema: ref('JupyterEvent'), example: JUPYTER_EVENT }, 'application/x-ndjson': { schema: ref('JupyterEvent'), example: JUPYTER_EVENT } },
    answer: ANSWER,
    refusals: [400, 413, 422],
    handle: async (core, request, caller) => {
      const user = request.query['user_id'];
      const type = request.headers['content-type'];
      const format = formatOf(typeof type === 'string' ? type : undefined);
      const body = await request.read((bytes) => (format === 'ndjson' ? parseBody('ndjson', bytes, '') : parseValues(bytes)));
      return take(core, caller, body, (value) => adaptJupyter(value, typeof user === 'string' ? user : undefined));
    },
  },
];
