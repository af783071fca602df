/** `chokepoint erase-user ID`: a user disappears; and where something of one is still left. */
import { appendedPlaces, clickHousePlaces, compactedPlaces, type Place } from '../../consumers/erasure/places.ts';
import { eraseUser as erase } from '../../producers/collector/eraseUser.ts';
import { createPrivacy } from '../../producers/collector/privacy.ts';
import { topicName } from '../../schemas/topics.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { connectKafka } from '../kafka/client.ts';
import { followErasures } from '../kafka/erasures.ts';
import { createTopics } from '../kafka/topics.ts';
import { createLog } from '../service/log.ts';
import { readSettings } from '../settings.ts';
import { readArguments, subjectOf, UsageError, type Option } from './arguments.ts';

const OPTIONS = {
  'dry-run': { type: 'boolean', what: 'count what there is of the user, and erase nothing' },
  verify: { type: 'boolean', what: 'count what is left of the user and erase nothing; exit code 1 where something is left' },
  json: { type: 'boolean', what: 'the places as JSON on the last line of stdout' },
} as const satisfies Readonly<Record<string, Option>>;

export async function eraseUser(args: readonly string[]): Promise<number> {
  const [given, rest] = subjectOf(args);
  const options = readArguments('erase-user ID', OPTIONS, rest);
  if (options === null) return 0;
  if (given === undefined) throw new UsageError('erase-user: whom? Give the user_id, as clients send it');
  const settings = readSettings(process.env);
  const { app, clickhouse: { database }, erasureSecret: secret } = settings;
  const userId = createPrivacy(settings.collector.privacy).userId(given);
  const write = createLog('erase-user');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-erase-user', log: (level, message, fields) => { if (level !== 'info') write(level, message, fields); } });
  const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  try {
    await createTopics(kafka, settings);
    const partitions = await kafka.partitions(topicName('events', app));
    if (options['dry-run'] !== true && options.verify !== true) {
      const producer = await kafka.producer();
      try {
        await erase(userId, { app, partitions, secret, now: Date.now, send: (records) => producer.send(records), usersEnd: async () => (await kafka.ends(topicName('users', app)))[0] ?? 0 });
      } finally {
        await producer.close();
      }
      console.log('Erased for everything that reads on. The services delete what they have; --verify shows when they have done.');
      return 0;
    }
    const erasures = followErasures(kafka, topicName('erasures', app), secret);
    erasures.stop();
    await erasures.catchUp();
    const erasure = options.verify === true ? erasures.of(userId) : null;
    const sought = { log: kafka, clickhouse, database, app, partitions, userId, erasure };
    const places = [...(await clickHousePlaces(sought)), ...(await compactedPlaces(sought)), ...(await appendedPlaces(sought))];
    const left = places.reduce((sum, { count, retentionDays }) => sum + (retentionDays === null ? count : 0), 0);
    const erasedUntil = erasure === null ? null : new Date(erasure.until).toISOString();
    console.log(options.json === true ? JSON.stringify({ erased_until: erasedUntil, left, places }) : placesText(places, erasedUntil, left));
    return options.verify === true && left > 0 ? 1 : 0;
  } finally {
    await clickhouse.close();
    await kafka.close();
  }
}

function placesText(places: readonly Place[], erasedUntil: string | null, left: number): string {
  const width = Math.max(...places.map(({ place }) => place.length));
  const rows = places.map(({ place, count, retentionDays }) => `  ${place.padEnd(width)}  ${String(count).padStart(8)}${retentionDays === null || count === 0 ? '' : `  dropped by every reader; bytes go after ${retentionDays} days`}`);
  return [erasedUntil === null ? 'What there is of the user:' : `What is left of what the user did up to ${erasedUntil}:`, ...rows, '', left === 0 ? 'Nothing is left.' : `${left} left.`].join('\n');
}
