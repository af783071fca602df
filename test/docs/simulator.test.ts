/** The commands of docs/simulator.md, against a collector over Kafka in memory. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { readCatalogFile } from '../../producers/catalog/file.ts';
import { topicName } from '../../schemas/topics.ts';
import { runCommand, type Answer } from '../integration/command.ts';
import { openWorld, type World } from '../producers/collector/world.ts';

const docs = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
const commands = [...docs.matchAll(/npm run chokepoint -- (simulate [^#\n]+)/g)].map((match) => (match[1] ?? '').trim().split(/ +/));
const [posting = [], printing = [], catalog = [], demo = []] = commands;

const utcDay = (): number => Math.floor(Date.now() / 86_400_000);

async function postAndPrint(t: TestContext): Promise<{ world: World; posted: Answer; printed: Answer; sameDay: boolean }> {
  const day = utcDay();
  const world = await openWorld(t);
  const at = (args: readonly string[]): string[] => args.map((arg) => (arg === '$ADMIN_KEY' ? 'a' : arg.startsWith('http:') ? world.url : arg));
  const posted = await runCommand(process.env, ...at(posting), '--json');
  const printed = await runCommand(process.env, ...printing);
  return { world, posted, printed, sameDay: utcDay() === day };
}

test('a world is posted as it is printed, with its catalog', async (t) => {
  const first = await postAndPrint(t);
  // The last day of a world is that of its end: across a midnight another is printed than was posted.
  const { world, posted, printed } = first.sameDay ? first : await postAndPrint(t);
  assert.equal(posted.code, 0, posted.err);
  const { events, users, features, planted } = JSON.parse(posted.out.trimEnd().split('\n').at(-1) ?? '') as { events: number; users: number; features: number; planted: { rule_id: string }[] };
  assert.deepEqual([users, features, planted.length], [154, 24, 3]);
  const taken = world.events();
  assert.deepEqual([taken.filter(({ type }) => type !== 'clock').length, world.deadLetters()], [events, []]);
  assert.ok(taken.some(({ type }) => type === 'clock'), 'its end is told');

  assert.equal(printed.code, 0, printed.err);
  const lines = printed.out.trimEnd().split('\n').map((line) => JSON.parse(line) as { event_id: string; user_id: string });
  // The world ends now, so the two end a moment apart.
  assert.ok(Math.abs(lines.length - events) < 50, `${lines.length} printed, ${events} posted`);

  const shown = await runCommand(process.env, ...catalog);
  const file = readCatalogFile('catalog.json', shown.out);
  assert.deepEqual([file.features.length, file.users.length], [24, 154]);
  assert.deepEqual(file.features, world.kafka.records(topicName('features', '')).map(({ value }) => ({ ...world.codec.decode('Feature', value ?? Buffer.alloc(0)) })));
});

test('mistakes end it before anything is posted', async (t) => {
  const world = await openWorld(t);
  const wrong = await runCommand({ ...process.env, ADMIN_KEYS: '', CHOKEPOINT_DATA: '/nonexistent' }, 'simulate', '--world', 'docs/worlds/small.yaml', '--url', world.url);
  assert.deepEqual([wrong.code, wrong.err.includes('an admin key is needed')], [1, true]);
  const refused = await runCommand(process.env, ...demo.map((arg) => (arg === '$ADMIN_KEY' ? 'w' : arg)), '--url', world.url);
  assert.deepEqual([refused.code, refused.err.includes('401')], [1, true]);
  assert.match((await runCommand(process.env, 'simulate', '--world', 'none.yaml')).err, /none\.yaml cannot be read/);
  assert.deepEqual(world.events(), []);
});
