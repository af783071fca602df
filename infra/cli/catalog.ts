/** `chokepoint catalog apply FILE | missing`: features and users from a file that is kept in a repository, and what that file lacks. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { findMissing, missingJson, missingLines, type Missing } from '../../consumers/deadLetters/missing.ts';
import { openScan } from '../../consumers/deadLetters/scan.ts';
import { applyChanges } from '../../producers/catalog/apply.ts';
import { changesOf, isNothing, type CatalogChanges } from '../../producers/catalog/changes.ts';
import { readCatalogFile, type CatalogFile } from '../../producers/catalog/file.ts';
import { readCatalogNow, type CatalogNow } from '../../producers/catalog/now.ts';
import { changeLines } from '../../producers/catalog/words.ts';
import { createPoster } from '../../producers/client/poster.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import { connectKafka } from '../kafka/client.ts';
import type { Kafka } from '../ports.ts';
import { connectRegistry } from '../registry/registry.ts';
import { createLog } from '../service/log.ts';
import { readSettings, type Settings } from '../settings.ts';
import { readArguments, subjectOf, UsageError, type Option } from './arguments.ts';
import { COLLECTOR_OPTIONS, collectorAt } from './collectorAt.ts';
import { endWithReader } from './output.ts';

const APPLY = {
  'dry-run': { type: 'boolean', what: 'say what would change and post nothing; exit code 3 where something would' },
  'missing': { type: 'boolean', what: 'then list features in events that the catalog lacks (the default; --no-missing does not read the dead letters)' },
  ...COLLECTOR_OPTIONS,
  'json': { type: 'boolean', what: 'the result as JSON on the last line of stdout' },
} as const satisfies Readonly<Record<string, Option>>;
const MISSING = { json: APPLY.json } as const;

const USAGE = `usage: npm run chokepoint -- catalog <apply FILE | missing> [--help | options]

  apply    posts what a YAML or JSON file of features and users adds or changes; --dry-run first
  missing  features in events that the catalog lacks, from the dead letters

exit codes: 0 done, or nothing to do; 1 an error; 2 no such command; 3 a dry run would change something, or features are missing`;

/** Distinct from an error's, so that a script can tell "differs" from "does not work". */
const EXIT_DIFFERS = 3;
/** A collector that does not come back within this time is an error, ms. Ours. */
const PATIENCE_MS = 30_000;

export async function catalog(args: readonly string[]): Promise<number> {
  const [action, ...rest] = args;
  endWithReader();
  if (action === 'apply') return apply(rest);
  if (action === 'missing') return missing(rest);
  if (action === '--help' || action === '-h') {
    console.log(USAGE);
    return 0;
  }
  console.error(USAGE);
  return 2;
}

async function apply(args: readonly string[]): Promise<number> {
  const [file, rest] = subjectOf(args);
  const options = readArguments('catalog apply FILE', APPLY, rest);
  if (options === null) return 0;
  if (file === undefined) throw new UsageError('catalog apply: which file? YAML or JSON with features and users; docs/catalog.md has one');
  const wanted = await catalogIn(file);
  const settings = readSettings(process.env);
  const dryRun = options['dry-run'] === true;
  const collector = dryRun ? null : collectorAt('catalog apply', options, settings);
  return onTopics(settings, async (parts) => {
    const now = await readCatalogNow(parts.kafka, parts.codec, settings.app);
    const changes = changesOf(wanted, now);
    if (options.json !== true) for (const line of changeLines(changes)) console.log(line);
    if (collector !== null) await applyChanges(changes, createPoster({ ...collector, patienceMs: PATIENCE_MS }));
    const lacking = options.missing === false ? null : await missingIn(parts, settings, knownIn(now, wanted));
    console.log(options.json === true ? JSON.stringify(resultOf(changes, dryRun, lacking)) : [outcomeLine(changes, dryRun), ...(lacking === null ? [] : missingLines(lacking))].join('\n'));
    return dryRun && !isNothing(changes) ? EXIT_DIFFERS : 0;
  });
}

async function missing(args: readonly string[]): Promise<number> {
  const options = readArguments('catalog missing', MISSING, args);
  if (options === null) return 0;
  const settings = readSettings(process.env);
  return onTopics(settings, async (parts) => {
    const lacking = await missingIn(parts, settings, knownIn(await readCatalogNow(parts.kafka, parts.codec, settings.app)));
    console.log(options.json === true ? JSON.stringify(missingJson(lacking)) : missingLines(lacking).join('\n'));
    return lacking.features.length > 0 ? EXIT_DIFFERS : 0;
  });
}

async function catalogIn(file: string): Promise<CatalogFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`catalog apply: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return readCatalogFile(basename(file), text);
}

const knownIn = (now: CatalogNow, file?: CatalogFile) => {
  const features = new Set([...now.features.keys(), ...(file?.features ?? []).map(({ feature }) => feature)]);
  return (feature: string): boolean => features.has(feature);
};

function outcomeLine(changes: CatalogChanges, dryRun: boolean): string {
  if (isNothing(changes)) return 'Nothing to do: the catalog is as the file says.';
  return dryRun ? 'Nothing was posted: this was a dry run.' : 'Posted: events from now on see it.';
}

const resultOf = ({ features, users }: CatalogChanges, dryRun: boolean, lacking: Missing | null): object => ({ applied: !dryRun, features, users, missing: lacking === null ? null : missingJson(lacking) });

interface Parts {
  readonly kafka: Kafka;
  readonly codec: RecordCodec;
}

const missingIn = async ({ kafka, codec }: Parts, { app }: Settings, isKnown: (feature: string) => boolean): Promise<Missing> => findMissing(await openScan({ log: kafka, codec, app }), isKnown);

async function onTopics<T>(settings: Settings, work: (parts: Parts) => Promise<T>): Promise<T> {
  const write = createLog('catalog');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-catalog', log: (level, message, fields) => { if (level !== 'info') write(level, message, fields); } });
  try {
    return await work({ kafka, codec: await createCodec(connectRegistry(settings.registry), ['Feature', 'User', 'DeadLetter', 'PlatformEvent']) });
  } finally {
    await kafka.close();
  }
}
