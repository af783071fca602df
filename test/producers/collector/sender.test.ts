import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutRecord, Producer } from '../../../infra/ports.ts';
import { NotAcknowledgedError, createSender, sizeOf, type Sender, type SenderOptions } from '../../../producers/collector/sender.ts';

interface Sent {
  readonly records: readonly OutRecord[];
  settle(error?: Error): Promise<void>;
}

/** A producer whose sends wait until the test settles them. */
function harness(options: Partial<SenderOptions> = {}): { sender: Sender; sends: Sent[]; opened: () => number; closed: () => number; clock: { now: number } } {
  const sends: Sent[] = [];
  const clock = { now: 0 };
  let opened = 0;
  let closed = 0;
  const open = (): Promise<Producer> => {
    opened++;
    return Promise.resolve({
      send: (records: readonly OutRecord[]) =>
        new Promise<void>((resolve, reject) => {
          sends.push({
            records,
            settle: async (error) => {
              if (error === undefined) resolve();
              else reject(error);
              await turn();
            },
          });
        }),
      close: () => {
        closed++;
        return Promise.resolve();
      },
    });
  };
  const sender = createSender({ open, now: () => clock.now, maxQueuedBytes: 10_000_000, maxWaitMs: 100, ...options });
  return { sender, sends, opened: () => opened, closed: () => closed, clock };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const records = (count: number, name = 'r', bytes = 1): OutRecord[] => Array.from({ length: count }, (_, index) => ({ topic: 't', partition: 0, key: `${name}${index}`, value: Buffer.alloc(bytes) }));
const keys = (sent: Sent | undefined): unknown[] => (sent?.records ?? []).map((record) => record.key);
/** What has become of a request, at any time. */
function watch(sent: Promise<void>): () => string {
  let state = 'pending';
  sent.then(
    () => {
      state = 'acknowledged';
    },
    (error: unknown) => {
      state = error instanceof NotAcknowledgedError ? 'refused' : String(error);
    },
  );
  return () => state;
}

test('alone a request is sent at once; what comes meanwhile goes together into the next send, in order', async () => {
  const { sender, sends } = harness();
  const first = watch(sender.send(records(2, 'a')));
  await turn();
  const second = watch(sender.send(records(1, 'b')));
  const third = watch(sender.send(records(2, 'c')));
  await turn();
  assert.deepEqual(sends.map(keys), [['a0', 'a1']]);
  await sends[0]?.settle();
  assert.deepEqual(sends.map(keys), [['a0', 'a1'], ['b0', 'c0', 'c1']]);
  assert.deepEqual([first(), second(), third()], ['acknowledged', 'pending', 'pending']);
  await sends[1]?.settle();
  assert.deepEqual([second(), third()], ['acknowledged', 'acknowledged']);
  assert.equal(sender.queuedBytes(), 0);
});

test('a large request is spread over sends and acknowledged with its last record', async () => {
  const { sender, sends } = harness();
  const large = watch(sender.send(records(4_500)));
  const small = watch(sender.send(records(1, 's')));
  await turn();
  assert.equal(sends[0]?.records.length, 2_000);
  await sends[0].settle();
  await sends[1]?.settle();
  assert.equal(large(), 'pending');
  assert.deepEqual(keys(sends[2]).slice(-2), ['r4499', 's0']);
  await sends[2]?.settle();
  assert.deepEqual([large(), small()], ['acknowledged', 'acknowledged']);
});

test('a send stays below what a broker takes at once, unless one record alone is larger', async () => {
  const { sender, sends } = harness();
  void sender.send([...records(3, 'big', 500_000), ...records(1, 'huge', 2_000_000)]);
  for (let index = 0; index < 4; index++) {
    await turn();
    await sends[index]?.settle();
  }
  assert.deepEqual(sends.map(keys), [['big0'], ['big1'], ['big2'], ['huge0']]);
});

test('a failed send refuses those who were in it, and only those; the next one has a new producer', async () => {
  const errors: (string | undefined)[] = [];
  const { sender, sends, opened, closed } = harness({ onSend: ({ error }) => errors.push(error?.message) });
  const half = watch(sender.send(records(2_001, 'h')));
  const waiting = watch(sender.send(records(1, 'w')));
  await turn();
  await sends[0]?.settle(new Error('not enough replicas'));
  assert.equal(half(), 'refused');
  assert.deepEqual(keys(sends[1]), ['w0'], 'the rest of the failed request is not sent');
  assert.deepEqual([opened(), closed()], [2, 1]);
  await sends[1]?.settle();
  assert.equal(waiting(), 'acknowledged');
  assert.deepEqual(errors, ['Kafka has not acknowledged the records', undefined]);
  assert.equal(sender.queuedBytes(), 0);
});

test('a producer that cannot be opened refuses, and is tried again', async () => {
  let attempts = 0;
  const { sender } = harness({ open: () => (++attempts === 1 ? Promise.reject(new Error('no broker')) : Promise.resolve({ send: () => Promise.resolve(), close: () => Promise.resolve() })) });
  await assert.rejects(sender.send(records(1)), NotAcknowledgedError);
  await sender.send(records(1));
  assert.equal(attempts, 2);
});

test('memory is bounded: beyond it a request is refused at once, until there is room again', async () => {
  const one = records(1);
  const { sender, sends } = harness({ maxQueuedBytes: one.reduce((sum, record) => sum + sizeOf(record), 0) });
  const first = watch(sender.send(one));
  await assert.rejects(sender.send(one), NotAcknowledgedError);
  await sends[0]?.settle();
  assert.equal(first(), 'acknowledged');
  const again = watch(sender.send(one));
  await turn();
  await sends[1]?.settle();
  assert.equal(again(), 'acknowledged');
});

test('what has waited too long for its turn is given back unsent', async () => {
  const { sender, sends, clock } = harness({ maxWaitMs: 100 });
  const first = watch(sender.send(records(1, 'a')));
  await turn();
  const old = watch(sender.send(records(1, 'old')));
  clock.now = 90;
  const young = watch(sender.send(records(1, 'young')));
  clock.now = 150;
  await sends[0]?.settle();
  assert.deepEqual([first(), old(), young()], ['acknowledged', 'refused', 'pending']);
  assert.deepEqual(keys(sends[1]), ['young0']);
  await sends[1]?.settle();
  assert.equal(sender.queuedBytes(), 0);
});

test('closing sends what is queued and takes nothing more', async () => {
  const { sender, sends, closed } = harness();
  const first = watch(sender.send(records(1, 'a')));
  const second = watch(sender.send(records(1, 'b')));
  const closing = sender.close();
  await assert.rejects(sender.send(records(1)), NotAcknowledgedError);
  await turn();
  await sends[0]?.settle();
  await sends[1]?.settle();
  await closing;
  assert.deepEqual([first(), second(), closed()], ['acknowledged', 'acknowledged', 1]);
});
