/** What a viewer may ask. Answers that cost ClickHouse much are kept for a while and shared. */
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../infra/service/log.ts';
import type { Challenge } from '../../schemas/records.ts';
import type { Access } from './access/access.ts';
import type { Live } from './live.ts';
import { remembered, type Ask } from './queries/ask.ts';
import type { OutlineOf, TitleOf } from './queries/card.ts';
import { readCatalog } from './queries/catalog.ts';
import { readChallenge, readEffect, readSamples, type EffectOf, type NamedSql } from './queries/challenge.ts';
import { readExpertise } from './queries/expertise.ts';
import { readLatest } from './queries/latest.ts';
import { readNow, readPulse } from './queries/now.ts';
import { readStoredHealth } from './queries/pipeline.ts';
import { readStages } from './queries/stages.ts';
import type { PipelineShape } from './shapes.ts';

export interface RouteOptions {
  readonly ask: Ask;
  readonly titles: () => Promise<TitleOf>;
  readonly outlineOf: OutlineOf;
  readonly sqlOf: (challenge: Challenge) => readonly NamedSql[];
  readonly effectOf: EffectOf;
  readonly kafkaHealth: () => Promise<Pick<PipelineShape, 'status' | 'groups' | 'rates'>>;
  readonly live: Live;
  readonly log: Log;
  readonly now: () => number;
}

/** Ours: what changes with every event, what changes by the day. */
const SHORT_MS = 3_000;
const LONG_MS = 60_000;
const ID = /^[0-9A-Za-z_.:-]{1,128}$/;

export function addRoutes(app: FastifyInstance, access: Access, { ask, titles, outlineOf, sqlOf, effectOf, kafkaHealth, live, log, now }: RouteOptions): void {
  // Two columns of every event. That there is none yet costs nothing to ask again.
  const [told, whileNone] = [remembered(LONG_MS, now, () => readLatest(ask)), remembered(SHORT_MS, now, () => readLatest(ask))];
  const latest = async (): Promise<number | null> => (await told()) ?? whileNone();
  const kept = { now: remembered(SHORT_MS, now, async () => readNow(ask, outlineOf, await titles(), await latest())), pulse: remembered(LONG_MS, now, async () => readPulse(ask, await latest())), expertise: remembered(LONG_MS, now, () => readExpertise(ask)),
    stages: remembered(LONG_MS, now, async () => readStages(ask, await latest())), stored: remembered(SHORT_MS * 2, now, () => readStoredHealth(ask)), kafka: remembered(SHORT_MS, now, kafkaHealth), catalog: remembered(SHORT_MS * 3, now, async () => readCatalog(ask, await latest())) };

  app.get('/api/now', () => kept.now());
  app.get('/api/pulse', () => kept.pulse());
  app.get('/api/expertise', () => kept.expertise());
  app.get('/api/stages', () => kept.stages());
  app.get('/api/catalog', () => kept.catalog());
  app.get('/api/pipeline', async () => {
    // Who looks here wants to know what is away: the others are told of all the same.
    const [tables, kafka] = await Promise.all([kept.stored().catch((error: unknown) => {
      log('warn', 'the tables do not answer: the pipeline is told of without them', { error });
      return null;
    }), kept.kafka()]);
    return { ...kafka, tables } satisfies PipelineShape;
  });
  app.get<{ Params: { id: string } }>('/api/challenges/:id', async (request, reply) => {
    const { id } = request.params;
    const found = ID.test(id) ? await readChallenge(ask, id, outlineOf, await titles(), sqlOf) : null;
    return found ?? reply.code(404).send({ error: 'not_found', detail: 'there is no such challenge in ClickHouse; one that has just opened is there within seconds' });
  });
  app.get<{ Params: { id: string } }>('/api/challenges/:id/samples', async (request, reply) => {
    const { id } = request.params;
    return ID.test(id) ? readSamples(ask, id, access.viewerOf(request)?.sees_user_ids === true) : reply.code(404).send({ error: 'not_found', detail: 'there is no such challenge' });
  });
  app.get<{ Params: { id: string } }>('/api/challenges/:id/effect', async (request, reply) => {
    const { id } = request.params;
    const found = ID.test(id) ? await readEffect(ask, id, effectOf) : null;
    return found ?? reply.code(404).send({ error: 'not_found', detail: 'there is no such challenge' });
  });
  app.get('/api/live', (_request, reply) => {
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    if (!live.add(reply.raw)) return reply.code(503).header('retry-after', 30).send({ error: 'too_many', detail: 'too many pages are open: this one asks again by itself' });
    return reply.hijack();
  });
}
