/** `chokepoint simulate`: a world, the demo's or one from a file, posted to any collector or printed. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pause } from '../../producers/client/poster.ts';
import { DEMO } from '../../producers/simulator/demo.ts';
import { postWorld } from '../../producers/simulator/post.ts';
import { catalogOf, printEvents } from '../../producers/simulator/print.ts';
import { createWorld, type World } from '../../producers/simulator/world.ts';
import { doubtsOf, endOf, readWorldFile, type WorldFile } from '../../producers/simulator/worldFile.ts';
import { readSettings } from '../settings.ts';
import { readArguments, UsageError, wholeNumber, type Option } from './arguments.ts';
import { COLLECTOR_OPTIONS, collectorAt } from './collectorAt.ts';
import { endWithReader } from './output.ts';
import { createProgress } from './progress.ts';

const OPTIONS = {
  world: { type: 'string', value: 'FILE', what: 'what is simulated, YAML or JSON (docs/simulator.md); without it the paper\'s platform' },
  seed: { type: 'string', value: 'N', what: 'of the world (default 1): the same seed, file and start give the same events' },
  rate: { type: 'string', value: 'R', what: 'events a second; without it as fast as they are taken' },
  ...COLLECTOR_OPTIONS,
  print: { type: 'boolean', what: 'write the events to stdout as JSON lines and post nothing' },
  catalog: { type: 'boolean', what: 'write features and users to stdout, as `catalog apply` takes them, and post nothing' },
  json: { type: 'boolean', what: 'what was posted and planted as JSON on the last line of stdout' },
} as const satisfies Readonly<Record<string, Option>>;

const DAY_MS = 86_400_000;
/** The processor refuses what is older (`too_old`). */
const OLDEST_DAYS = 400;

export async function simulate(args: readonly string[]): Promise<number> {
  const options = readArguments('simulate', OPTIONS, args);
  if (options === null) return 0;
  endWithReader();
  const rate = options.rate === undefined ? undefined : Math.max(1, wholeNumber('rate', options.rate, 1));
  const seed = wholeNumber('seed', options.seed, 1);
  const now = Date.now();
  const file = options.world === undefined ? { plan: DEMO, startsAt: null } : await worldIn(options.world);
  const world = createWorld({ seed, endsAt: endOf(file, now), plan: file.plan });
  if (options.catalog === true) {
    console.log(JSON.stringify(catalogOf(world), null, 2));
    return 0;
  }
  for (const doubt of doubtsOf(file.plan)) console.error(`note: ${doubt}`);
  const print = options.print === true;
  const events = print ? await printEvents(world, { rate, write, now: () => performance.now(), wait: pause }) : await post(world, now, rate, options);
  if (options.json === true) console.log(JSON.stringify(resultOf(world, events)));
  return 0;
}

async function worldIn(file: string): Promise<WorldFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`simulate: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return readWorldFile(basename(file), text);
}

async function post(world: World, now: number, rate: number | undefined, options: { readonly url?: string; readonly key?: string; readonly json?: boolean }): Promise<number> {
  // Both would be dead letters, every one.
  if (world.endsAt > now) throw new UsageError(`simulate: the world ends at ${day(world.endsAt)}, which is to come: let it start earlier, or leave \`starts\` out`);
  if (world.startsAt < now - OLDEST_DAYS * DAY_MS) throw new UsageError(`simulate: the world starts at ${day(world.startsAt)}, and events of more than ${OLDEST_DAYS} days ago are refused: let it start later`);
  const collector = collectorAt('simulate', options, readSettings(process.env));
  const progress = createProgress(options.json === true ? process.stderr : process.stdout);
  const done = progress.phase(`posting ${world.users.length} users, ${world.catalog.length} features and ${world.days} days of events`);
  const { events } = await postWorld(world, { ...collector, rate, onProgress: (at) => { progress.line(`  ${at.events} events posted, to ${day(at.occurredAt)}`); } });
  progress.say(`  ${events} events posted`);
  done();
  return events;
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

const write = (text: string): Promise<void> => (process.stdout.write(text) ? Promise.resolve() : new Promise((next) => process.stdout.once('drain', next)));

function resultOf({ users, catalog, startsAt, endsAt, planted }: World, events: number): object {
  const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return { events, users: users.length, features: catalog.length, starts_at: iso(startsAt), ends_at: iso(endsAt), planted: planted.map(({ from, until, ...rest }) => ({ ...rest, from: iso(from), until: iso(until) })) };
}
