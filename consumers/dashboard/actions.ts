/** What people do about a challenge, over HTTP: into the topic first, and from ClickHouse back. Mounted where every request has a viewer. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClickHouse, Producer } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { ChallengeAction } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import { actionOf, type Asked } from './actionOf.ts';

export interface ActionOptions {
  readonly clickhouse: Pick<ClickHouse, 'query'>;
  /** Resolves once all in-sync replicas have it. */
  readonly produce: (record: ChallengeAction) => Promise<void>;
  readonly who: (request: FastifyRequest) => string;
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

const BODY = {
  type: 'object', required: ['kind'], additionalProperties: false,
  properties: { action_id: { type: 'string' }, kind: { type: 'string' }, text: { type: ['string', 'null'] }, until: { type: ['integer', 'null'] }, assignee: { type: ['string', 'null'] } },
} as const;

const COLUMNS = 'action_id, challenge_id, kind, toUnixTimestamp64Milli(at) AS at_ms, by, toUnixTimestamp64Milli(until) AS until_ms, assignee, text';

type Row = Omit<ChallengeAction, 'at' | 'until'> & { readonly at_ms: number; readonly until_ms: number | null };

export function produceTo(producer: Producer, codec: RecordCodec, app: string): ActionOptions['produce'] {
  return (record) => producer.send([{ topic: topicName('challengeActions', app), partition: 0, key: record.challenge_id, value: codec.encode('ChallengeAction', record) }]);
}

export async function challengeExists(clickhouse: ActionOptions['clickhouse'], id: string): Promise<boolean> {
  return (await clickhouse.query('SELECT 1 FROM challenges WHERE challenge_id = {id:String} LIMIT 1', { id })).length > 0;
}

export function registerActions(app: FastifyInstance, { clickhouse, produce, who, now, newId }: ActionOptions): void {
  const path = '/api/challenges/:challenge_id/actions';
  const unknown = (reply: FastifyReply, id: string): FastifyReply => reply.code(404).send({ error: 'not_found', detail: `there is no challenge ${id}` });

  app.post<{ Params: { challenge_id: string }; Body: Asked }>(path, { schema: { body: BODY } }, async (request, reply) => {
    // A page of another site cannot set a header without being asked first (CORS), and nobody answers that question.
    if (request.headers['x-chokepoint'] !== '1') return reply.code(403).send({ error: 'foreign', detail: 'send the header x-chokepoint: 1' });
    const { challenge_id } = request.params;
    const made = actionOf(request.body, { challenge_id, at: now(), by: who(request), newId });
    if ('problem' in made) return reply.code(400).send({ error: 'bad_request', detail: made.problem });
    if (!(await challengeExists(clickhouse, challenge_id))) return unknown(reply, challenge_id);
    await produce(made.record);
    return reply.code(201).send(made.record);
  });

  app.get<{ Params: { challenge_id: string } }>(path, async ({ params: { challenge_id } }, reply) => {
    const rows = await clickhouse.query<Row>(`SELECT ${COLUMNS} FROM challenge_actions WHERE challenge_id = {id:String} ORDER BY at, action_id`, { id: challenge_id });
    if (rows.length === 0 && !(await challengeExists(clickhouse, challenge_id))) return unknown(reply, challenge_id);
    return { actions: rows.map(({ at_ms, until_ms, ...rest }) => ({ ...rest, at: at_ms, until: until_ms })) };
  });
}
