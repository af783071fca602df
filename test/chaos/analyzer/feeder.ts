/**
 * A process of its own that gives an app the signal log of another, at a pace that fills the time: each record once and in order, as a processor would,
 * whatever happens to the broker. What is before `undisturbed until` (epoch ms) comes at once, the rest from `go` on; on `stop` what is left comes at once, too.
 * `feeder.ts <from app> <to app> <undisturbed until> <milliseconds>`.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka, OutRecord, TransactionalProducer } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import type { FeederReport } from '../arena/children.ts';
import { piecesOf, type Piece } from './pieces.ts';

const BEAT_MS = 250;
const PAUSE_MS = 200;
/** Records of one transaction, and a piece more. */
const ENOUGH = 3_000;

async function feed(from: string, to: string, undisturbedUntil: number, durationMs: number): Promise<void> {
  const log = createLog('feeder');
  const kafka = await connectKafka(readSettings(process.env).kafka, { clientId: 'chaos-feeder', log });
  const pieces = await piecesOf(kafka, from);
  const last = pieces.at(-1)?.watermark ?? 0;
  let hurry = false;
  /** When the pace began. */
  let begun: number | null = null;
  process.on('message', (message) => {
    if (message === 'go') begun = performance.now();
    else hurry = true;
  });
  process.once('disconnect', () => process.exit(1));
  const commit = committer(kafka, to, (error) => { log('warn', 'not committed, looking again', { error }); });

  let fed = 0;
  let acknowledged = 0;
  while (fed < pieces.length) {
    const until = isHurried() ? Infinity : undisturbedUntil + ((last - undisturbedUntil) * elapsed()) / durationMs;
    const due = takeDue(pieces, fed, until);
    const next = due.length === 0 ? fed : await commit(due.flatMap(({ records }) => records.map(({ topic, partition, key, value, headers }): OutRecord => ({ topic: `${to}${topic.slice(from.length)}`, partition, key, value, headers }))), fed, fed + due.length);
    if (next > fed) acknowledged += due.reduce((sum, { records }) => sum + records.length, 0);
    fed = next;
    process.send?.({ acknowledged } satisfies FeederReport);
    if (!isHurried()) await pause(BEAT_MS);
  }
  process.send?.({ acknowledged } satisfies FeederReport, () => process.exit(0));

  function isHurried(): boolean {
    return hurry;
  }
  function elapsed(): number {
    return begun === null ? 0 : performance.now() - begun;
  }
}

function takeDue(pieces: readonly Piece[], from: number, until: number): Piece[] {
  const due: Piece[] = [];
  for (let at = from, records = 0; at < pieces.length && records < ENOUGH; at++) {
    const piece = pieces[at];
    if (piece === undefined || piece.watermark > until) break;
    due.push(piece);
    records += piece.records.length;
  }
  return due;
}

/** Commits records together with how many pieces have been fed then, and gives how many have: after a failure what the broker says. */
function committer(kafka: Kafka, app: string, failed: (error: unknown) => void): (records: readonly OutRecord[], fed: number, then: number) => Promise<number> {
  const group = appName('feeder', app);
  const topic = topicName('actions', app);
  let producer: TransactionalProducer | null = null;
  const whereItStands = async (): Promise<number> => {
    for (;;) {
      try {
        await producer?.close();
        // Whatever the last one has left open has ended once there is a newer one.
        producer = await kafka.transactionalProducer(group);
        return (await kafka.committed(group, [topic])).find(({ partition }) => partition === 0)?.offset ?? 0;
      } catch (error) {
        failed(error);
        await pause(PAUSE_MS);
      }
    }
  };
  return async (outputs, fed, then) => {
    try {
      producer ??= await kafka.transactionalProducer(group);
      await producer.commit({ outputs, positions: [{ topic, partition: 0, offset: then, metadata: '' }] }, group);
      return then;
    } catch (error) {
      failed(error);
    }
    const found = await whereItStands();
    if (found !== fed && found !== then) throw new Error(`the feeder of ${app} stands at ${found}, and should at ${fed} or ${then}`);
    return found;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const [from = '', to = '', undisturbedUntil = '', durationMs = ''] = process.argv.slice(2);
await feed(from, to, Number(undisturbedUntil), Number(durationMs));
