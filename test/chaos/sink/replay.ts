/** Everything once more: the group is sent back to the beginning of every log, and the members take it all again into the same tables. */
import type { Kafka } from '../../../infra/ports.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import { complete } from '../arena/ordeal.ts';
import type { Member } from '../arena/member.ts';
import { sinkLag } from './lags.ts';
import { TABLED } from './records.ts';

/** Gives the milliseconds that it took. Nobody else is in the group. */
export async function replay({ kafka, app, members, withinMs }: { readonly kafka: Kafka; readonly app: string; readonly members: readonly Member[]; readonly withinMs: number }): Promise<number> {
  await rewind(kafka, appName('sink', app), TABLED.map((topic) => topicName(topic, app)));
  if ((await sinkLag(kafka, app)).total === 0) throw new Error('the group was sent back, and has nothing to do');
  const begun = performance.now();
  try {
    for (const member of members) member.start();
    await complete(async () => (await sinkLag(kafka, app)).lines, withinMs, members);
    return performance.now() - begun;
  } finally {
    for (const member of members) await member.stop();
  }
}

async function rewind(kafka: Kafka, group: string, topics: readonly string[]): Promise<void> {
  const positions = await kafka.committed(group, topics);
  let assigned: () => void = () => undefined;
  let crashed: (cause: Error) => void = () => undefined;
  const joined = new Promise<void>((resolve, reject) => {
    assigned = resolve;
    crashed = reject;
  });
  const hand = await kafka.consumer({ group, topics, assignment: 'each', onAssigned: (inputs) => { if (inputs.length > 0) assigned(); }, onRecords: () => undefined, onCrash: (cause) => { crashed(cause); } });
  await joined;
  await hand.commit(positions.map((position) => ({ ...position, offset: 0, metadata: '' })));
  await hand.close();
}
