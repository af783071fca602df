import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutRecord } from '../../infra/ports.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import type { ActionSignal } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import { createMemoryKafka, type MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { requireSameWork } from './sameWork.ts';

const signal = (n: number, changes: Partial<ActionSignal> = {}): ActionSignal => ({
  signal_id: `s${n}`, event_id: `e${n}`, user_id: 'ada', session_id: null, occurred_at: n, received_at: n, source: 'web', stage: 'data', feature: 'f', tool: '', user: { team: 't', role: 'r', org: 'o', joined_at: null },
  release: null, origin_offset: n, ordinal: 0, watermark: n, properties: { a: '1', b: '2' }, action: 'open', task_id: null, outcome: null, ...changes,
});

async function world(): Promise<{ kafka: MemoryKafka; codec: RecordCodec; append: (app: string, ...signals: readonly ActionSignal[]) => void }> {
  const kafka = createMemoryKafka({ partitions: 2 });
  const codec = await createCodec(memorySchemas(), ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter']);
  const append = (app: string, ...signals: readonly ActionSignal[]): void => {
    kafka.append(signals.map((record): OutRecord => ({ topic: topicName('actions', app), partition: 1, key: record.user_id, value: codec.encode('ActionSignal', record) })));
  };
  return { kafka, codec, append };
}

test('the same signals in another order, or with properties in another order, are the same work; progress records are none', async () => {
  const { kafka, codec, append } = await world();
  append('ours', signal(1), signal(2), signal(3));
  kafka.append([{ topic: topicName('actions', 'ours'), partition: 1, key: null, value: null }]);
  append('theirs', signal(3), signal(1), signal(2, { properties: { b: '2', a: '1' } }));
  const { counts } = await requireSameWork(kafka, codec, ['ours', 'theirs']);
  assert.deepEqual(counts, { actions: 3, errors: 0, times: 0, deadLetters: 0 });
});

test('a signal that is missing, surplus or another one fails, and the message shows it', async () => {
  const changes: readonly (readonly [readonly ActionSignal[], RegExp])[] = [
    [[signal(1)], /actions: 1 of ours the peer does not have, such as .*"e2"/],
    [[signal(1), signal(2), signal(3)], /actions: 1 of the peer's we do not have, such as .*"e3"/],
    [[signal(1), signal(2, { watermark: 7 })], /actions: 1 are other ones, such as ours .*"watermark":2.*the peer's .*"watermark":7/],
    [[signal(1), signal(2, { outcome: 'started' })], /1 of ours the peer does not have/],
    [[signal(1), signal(2), signal(2)], /1 of the peer's we do not have/],
  ];
  for (const [theirs, message] of changes) {
    const { kafka, codec, append } = await world();
    append('ours', signal(1), signal(2));
    append('theirs', ...theirs);
    await assert.rejects(requireSameWork(kafka, codec, ['ours', 'theirs']), message);
  }
});

test('two apps without signals prove nothing', async () => {
  const { kafka, codec } = await world();
  await assert.rejects(requireSameWork(kafka, codec, ['ours', 'theirs']), /nothing was compared/);
});
