/** `chokepoint challenge ID acknowledge|snooze|…`: what a person does about a challenge, as the page would; `effect`: what came of it (challengeEffect.ts). */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { actionOf } from '../../consumers/dashboard/actionOf.ts';
import { challengeExists, produceTo } from '../../consumers/dashboard/actions.ts';
import { uuidV7 } from '../../producers/collector/ids.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { ActionKind, ChallengeAction } from '../../schemas/records.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { connectKafka } from '../kafka/client.ts';
import { connectRegistry } from '../registry/registry.ts';
import { createLog } from '../service/log.ts';
import { readSettings } from '../settings.ts';
import { challengeEffect } from './challengeEffect.ts';
import { readArguments, subjectOf, UsageError, type Option } from './arguments.ts';

const KIND_OF: Readonly<Record<string, ActionKind>> = { acknowledge: 'acknowledged', snooze: 'snoozed', assign: 'assigned', comment: 'commented', fixed: 'fixed', useful: 'useful', 'not-useful': 'not_useful', reopen: 'reopened' };

const OPTIONS = {
  text: { type: 'string', value: 'TEXT', what: 'what there is to say; a comment needs it' },
  until: { type: 'string', value: 'TIME', what: 'of snooze: ISO 8601' },
  to: { type: 'string', value: 'NAME', what: 'of assign: to whom; empty: to nobody' },
  by: { type: 'string', value: 'NAME', what: 'who does it (default: the name of the account)' },
} as const satisfies Readonly<Record<string, Option>>;

export async function challenge(args: readonly string[]): Promise<number> {
  const [id, afterId] = subjectOf(args);
  const [verb, rest] = subjectOf(afterId);
  if (id !== undefined && verb === 'effect') return challengeEffect(id, rest);
  const command = `challenge ID <${Object.keys(KIND_OF).join(' | ')} | effect>`;
  const options = readArguments(command, OPTIONS, rest);
  if (options === null) return 0;
  const kind = Object.hasOwn(KIND_OF, verb ?? '') ? KIND_OF[verb ?? ''] : undefined;
  if (id === undefined || kind === undefined) throw new UsageError(`usage: ${command}`);
  const at = Date.now();
  const made = actionOf(
    { kind, text: options.text, until: options.until === undefined ? undefined : Date.parse(options.until), assignee: options.to },
    { challenge_id: id, at, by: options.by ?? userInfo().username, newId: () => uuidV7(at, randomUUID()) },
  );
  if ('problem' in made) throw new UsageError(`challenge: ${made.problem}`);
  return send(made.record);
}

async function send(record: ChallengeAction): Promise<number> {
  const settings = readSettings(process.env);
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    if (!(await challengeExists(clickhouse, record.challenge_id))) {
      console.error(`chokepoint: no challenge ${record.challenge_id}: \`SELECT challenge_id, summary FROM challenges_current\` lists them`);
      return 1;
    }
  } finally {
    await clickhouse.close();
  }
  const write = createLog('challenge');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-challenge', log: (level, message, fields) => { if (level !== 'info') write(level, message, fields); } });
  try {
    const producer = await kafka.producer();
    await produceTo(producer, await createCodec(connectRegistry(settings.registry), ['ChallengeAction']), settings.app)(record);
    await producer.close();
    console.log(JSON.stringify(record));
    return 0;
  } finally {
    await kafka.close();
  }
}
