/** Removes topics and groups by the beginning of their names: what a rehearsal has left. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../service/log.ts';
import { toKafkaError } from './clientErrors.ts';
import { connector, type ConnectionSettings } from './kafkajs.ts';
import { within } from './retry.ts';

const GOODBYE_WITHIN_MS = 2_000;
const GONE_WITHIN_MS = 5_000;
const ASK_AGAIN_MS = 50;

/** `isLeft`: of the part of a name before its first dot. Groups that still have members stay: they go with the next call. */
export async function removeApps(settings: ConnectionSettings, { clientId, log, isLeft }: { readonly clientId: string; readonly log: Log; readonly isLeft: (app: string) => boolean }): Promise<void> {
  const admin = connector(settings, { clientId, log }).admin();
  const left = (name: string): boolean => isLeft(name.split('.')[0] ?? '');
  try {
    await admin.connect();
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(left);
    if (groups.length > 0) await admin.deleteGroups(groups).catch((error: unknown) => { log('warn', 'groups could not be removed yet', { groups, error }); });
    const topics = (await admin.listTopics()).filter(left);
    if (topics.length === 0) return;
    await admin.deleteTopics({ topics });
    // The controller has removed them; brokers hear of it a moment later, and until then name them.
    const until = performance.now() + GONE_WITHIN_MS;
    for (let named = new Set(await admin.listTopics()); topics.some((topic) => named.has(topic)) && performance.now() < until; named = new Set(await admin.listTopics())) await pause(ASK_AGAIN_MS);
  } catch (error) {
    throw toKafkaError(error, 'remove the topics and groups of rehearsals');
  } finally {
    await within(GOODBYE_WITHIN_MS, admin.disconnect());
  }
}
