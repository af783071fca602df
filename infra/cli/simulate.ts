/** `chokepoint simulate`: the demo's world, posted to any collector. */
import { postWorld } from '../../producers/simulator/post.ts';
import { createWorld } from '../../producers/simulator/world.ts';
import { readSettings } from '../settings.ts';
import { readArguments, UsageError, wholeNumber } from './arguments.ts';
import { firstPlain } from './keys.ts';
import { createProgress } from './progress.ts';

const OPTIONS = {
  url: { type: 'string', value: 'URL', what: 'the collector (default http://127.0.0.1:COLLECTOR_PORT)' },
  key: { type: 'string', value: 'KEY', what: 'an admin key: users, features and the closing clock need one (default the first of ADMIN_KEYS)' },
  seed: { type: 'string', value: 'N', what: 'of the world (default 1)' },
} as const;

export async function simulate(args: readonly string[]): Promise<number> {
  const options = readArguments('simulate', OPTIONS, args);
  if (options === null) return 0;
  const { collector } = readSettings(process.env);
  const key = options.key ?? firstPlain(collector.adminKeys);
  if (key === undefined) throw new UsageError('simulate: an admin key is needed: --key KEY, or ADMIN_KEYS');
  const progress = createProgress(process.stdout);
  const world = createWorld({ seed: wholeNumber('seed', options.seed, 1), endsAt: Date.now() });
  const done = progress.phase(`posting ${world.users.length} users, ${world.catalog.length} features and four months of events`);
  await postWorld(world, {
    url: options.url ?? `http://127.0.0.1:${collector.port}`,
    key,
    onProgress: ({ events, occurredAt }) => { progress.line(`  ${events} events posted, to ${new Date(occurredAt).toISOString().slice(0, 10)}`); },
  });
  done();
  return 0;
}
