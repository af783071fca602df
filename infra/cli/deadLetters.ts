/** `chokepoint dead-letters list|show|replay`: what could not be processed, for the person who mends it. */
import { countedEvents } from '../../consumers/deadLetters/counted.ts';
import { EVERYTHING, namesSomething, REASONS, type Filter } from '../../consumers/deadLetters/filter.ts';
import { listLetters } from '../../consumers/deadLetters/list.ts';
import { replayLetters, ReplayRefusedError } from '../../consumers/deadLetters/replay.ts';
import { openScan, type Source } from '../../consumers/deadLetters/scan.ts';
import { showLetter } from '../../consumers/deadLetters/show.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { connectKafka } from '../kafka/client.ts';
import type { Kafka } from '../ports.ts';
import { connectRegistry } from '../registry/registry.ts';
import { createLog } from '../service/log.ts';
import { readSettings, type Settings } from '../settings.ts';
import { readArguments, subjectOf, UsageError, wholeNumber, type Option } from './arguments.ts';
import { endWithReader } from './output.ts';

const FILTERS = {
  reason: { type: 'string', value: 'R,R', what: REASONS.join(', ') },
  step: { type: 'string', value: 'STEP', what: 'who gave up: collector, decode, checkTime, enrich, ...' },
  feature: { type: 'string', value: 'NAME', what: 'of the event, where the original can be read' },
  user: { type: 'string', value: 'ID', what: 'of the event, where the original can be read' },
  'event-id': { type: 'string', value: 'ID', what: 'of the event' },
  since: { type: 'string', value: 'TIME', what: 'failed at or after: ISO 8601 or epoch milliseconds' },
  until: { type: 'string', value: 'TIME', what: 'failed before' },
  partition: { type: 'string', value: 'N', what: 'of the dead-letter topic' },
} as const satisfies Readonly<Record<string, Option>>;

const JSON_OPTION = { type: 'boolean', what: 'one JSON object per line' } as const satisfies Option;
const LIST = { ...FILTERS, limit: { type: 'string', value: 'N', what: 'the newest N (default 100; with --json all)' }, json: JSON_OPTION } as const;
const ATTEMPTS = { type: 'string', value: 'N', what: 'replays of one record, at most (default 3)' } as const satisfies Option;
const SHOW = { attempts: ATTEMPTS, json: JSON_OPTION } as const;
const REPLAY = {
  id: { type: 'string', value: 'ID', what: 'this one' }, ...FILTERS,
  all: { type: 'boolean', what: 'every letter: needed where nothing else is named' },
  'dry-run': { type: 'boolean', what: 'say what would be sent, and send nothing' },
  max: { type: 'string', value: 'N', what: 'where more match, nothing is sent (default 1000)' },
  attempts: ATTEMPTS,
  unchecked: { type: 'boolean', what: 'do not ask ClickHouse which events have been counted already' },
  json: { type: 'boolean', what: 'one JSON object per letter, and the sum on the last line' },
} as const;

const DEFAULT_LIMIT = 100;
const DEFAULT_MAX = 1_000;
const DEFAULT_ATTEMPTS = 3;

const USAGE = `usage: npm run chokepoint -- dead-letters <list | show ID | replay> [--help | options]

  list    what could not be processed, a line each, and sums by reason; no payload
  show    everything about one, its payload too, and what to do
  replay  sends originals again, with the same event_id; --dry-run first`;

export async function deadLetters(args: readonly string[]): Promise<number> {
  const [action, ...rest] = args;
  endWithReader();
  if (action === 'list') return list(rest);
  if (action === 'show') return show(rest);
  if (action === 'replay') return replay(rest);
  if (action === '--help' || action === '-h') {
    console.log(USAGE);
    return 0;
  }
  console.error(USAGE);
  return 2;
}

async function list(args: readonly string[]): Promise<number> {
  const options = readArguments('dead-letters list', LIST, args);
  if (options === null) return 0;
  const json = options.json === true;
  const limit = json && options.limit === undefined ? null : wholeNumber('limit', options.limit, DEFAULT_LIMIT);
  const filter = filterOf(options);
  await onTopic(async (source) => listLetters(await openScan(source), { filter, limit, json, print: console.log }));
  return 0;
}

async function show(args: readonly string[]): Promise<number> {
  const [id, rest] = subjectOf(args);
  const options = readArguments('dead-letters show ID', SHOW, rest);
  if (options === null) return 0;
  if (id === undefined) throw new UsageError('dead-letters show: which one? `dead-letters list` prints the ids');
  const attempts = wholeNumber('attempts', options.attempts, DEFAULT_ATTEMPTS);
  return onTopic(async (source, { settings }) => {
    const found = await showLetter(source, await openScan(source), { id, attempts, now: Date.now(), json: options.json === true, print: console.log });
    if (!found) console.error(`chokepoint: no dead letter ${id} in ${topicName('deadLetters', settings.app)}: \`dead-letters list\` prints the ids; records go after their retention`);
    return found ? 0 : 1;
  });
}

async function replay(args: readonly string[]): Promise<number> {
  const options = readArguments('dead-letters replay', REPLAY, args);
  if (options === null) return 0;
  const filter = { ...filterOf(options), id: options.id ?? null };
  if (!namesSomething(filter) && options.all !== true) throw new UsageError('dead-letters replay: name what is to be replayed (--id, --reason, --feature, ...; --help lists them), or --all');
  const max = wholeNumber('max', options.max, DEFAULT_MAX);
  const attempts = wholeNumber('attempts', options.attempts, DEFAULT_ATTEMPTS);
  return onTopic(async (source, { kafka, settings }) => {
    const clickhouse = options.unchecked === true ? null : connectClickHouse(settings.clickhouse);
    const counted = clickhouse === null ? null : async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
      try {
        return await countedEvents(clickhouse, ids);
      } catch (cause) {
        throw new ReplayRefusedError(`ClickHouse at ${settings.clickhouse.url} cannot say which of these events have been counted already (${(cause as Error).message}), so nothing was sent: bring it back, or --unchecked where none of them can be older than the dedupe window`, { cause });
      }
    };
    try {
      await replayLetters(source, await openScan(source), {
        filter, max, attempts, counted,
        dryRun: options['dry-run'] === true,
        json: options.json === true,
        print: console.log,
        now: Date.now(),
        partitions: await kafka.partitions(topicName('events', settings.app)),
        producer: () => kafka.producer(),
      });
    } finally {
      await clickhouse?.close();
    }
    return 0;
  });
}

type FilterOptions = { readonly [K in keyof typeof FILTERS]?: string };

function filterOf(options: FilterOptions): Filter {
  const reasons = options.reason?.split(',').map((text) => {
    const reason = REASONS.find((known) => known === text.trim());
    if (reason === undefined) throw new UsageError(`--reason takes ${REASONS.join(', ')}; not '${text}'`);
    return reason;
  });
  return {
    ...EVERYTHING,
    reasons: reasons === undefined ? null : new Set(reasons),
    step: options.step ?? null,
    feature: options.feature ?? null,
    user: options.user ?? null,
    eventId: options['event-id'] ?? null,
    since: timeOf('since', options.since),
    until: timeOf('until', options.until),
    partition: options.partition === undefined ? null : wholeNumber('partition', options.partition, 0),
  };
}

function timeOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = /^\d+$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isFinite(at)) throw new UsageError(`--${name} takes a time such as 2026-11-24T10:00:00Z, or epoch milliseconds; not '${text}'`);
  return at;
}

async function onTopic<T>(work: (source: Source, parts: { readonly kafka: Kafka; readonly settings: Settings }) => Promise<T>): Promise<T> {
  const settings = readSettings(process.env);
  const write = createLog('dead-letters');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-dead-letters', log: (level, message, fields) => { if (level !== 'info') write(level, message, fields); } });
  try {
    const codec = await createCodec(connectRegistry(settings.registry), ['DeadLetter', 'PlatformEvent']);
    return await work({ log: kafka, codec, app: settings.app }, { kafka, settings });
  } finally {
    await kafka.close();
  }
}
