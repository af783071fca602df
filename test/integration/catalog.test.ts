/** The commands of docs/catalog.md, with the file that it shows, on real parts. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { event, letter } from '../consumers/deadLetters/world.ts';
import { runCommand, type Answer } from './command.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
const env = parts.env();
const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' });
const collector = await startCollector(settings, parts.log);
after(() => collector.stop());
const folder = mkdtempSync(join(tmpdir(), 'chokepoint-catalog-'));
after(() => { rmSync(folder, { recursive: true, force: true }); });

/** platform.* is shared with other tests: names of this one's own. */
const OURS = randomBytes(6).toString('hex');
const docs = readFileSync(new URL('../../docs/catalog.md', import.meta.url), 'utf8');
const shown = (/```yaml\n([^]*?)```/.exec(docs)?.[1] ?? '').replace(/notebooks\.create|training\.sweep|\bada\b/g, (name) => `${name}-${OURS}`);
const commands = [...docs.matchAll(/npm run chokepoint -- (catalog [^#\n]+)/g)].map((match) => (match[1] ?? '').trim().split(/ +/));
const file = join(folder, 'catalog.yaml');
writeFileSync(file, shown);

const catalog = (args: readonly string[]): Promise<Answer> => runCommand({ ...env, COLLECTOR_PORT: String(collector.port) }, ...args.map((arg) => (arg === 'catalog.yaml' ? file : arg)));
const lastLine = ({ out }: Answer): Record<string, unknown> => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;

test('dry run, apply, apply again: as the page says', async () => {
  assert.deepEqual(commands.map((args) => args.slice(0, 2).join(' ')), ['catalog apply', 'catalog apply', 'catalog missing']);
  const [dryRun = [], apply = []] = commands;
  const first = await catalog(dryRun);
  assert.equal(first.code, 3, first.err);
  assert.match(first.out, new RegExp(`features: 2 new[^]*\\+ notebooks.create-${OURS}[^]*users: 1 new[^]*Nothing was posted`));
  const again = await catalog(dryRun);
  assert.match(again.out, /features: 2 new/, 'the dry run has posted nothing');

  const applied = await catalog(apply);
  assert.deepEqual([applied.code, applied.err], [0, '']);
  assert.match(applied.out, /Posted: events from now on see it\./);
  const repeated = await catalog([...apply, '--json']);
  assert.equal(repeated.code, 0);
  const { features, users } = lastLine(repeated) as { features: { unchanged: number; added: unknown[] }; users: { unchanged: number } };
  assert.deepEqual([features.unchanged, features.added, users.unchanged], [2, [], 1]);
  assert.equal((await catalog(dryRun)).code, 0, 'nothing would change now');
});

test('what is missing is told until the catalog has it', async () => {
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'DeadLetter']);
  const original = codec.encode('PlatformEvent', event({ feature: `unheard-${OURS}` }));
  const producer = await kafka.producer();
  await producer.send([{ topic: topicName('deadLetters', settings.app), partition: 0, key: 'k', value: codec.encode('DeadLetter', letter([0, 1], { original })) }]);
  await producer.close();
  await kafka.close();

  const [, , missing = []] = commands;
  const told = await catalog(missing);
  assert.deepEqual([told.code, told.err], [3, '']);
  assert.match(told.out, new RegExp(`1 {2}unheard-${OURS}`));
  const other = join(folder, 'other.json');
  writeFileSync(other, JSON.stringify({ features: [{ feature: `unheard-${OURS}`, title: 'U', stage: 'data' }] }));
  const applied = await catalog(['catalog', 'apply', other]);
  assert.match(applied.out, /Every feature that events name is in the catalog\.\n1 events have failed for want of a feature that is there now/);
  assert.equal((await catalog(missing)).code, 0);
});

test('errors say what to do and post nothing: a bad file, no file, a key that may not, nobody there', async () => {
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, `features:\n  - { feature: bad-${OURS}, title: B, stage: nowhere }\n`);
  const refused = await catalog(['catalog', 'apply', bad]);
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, new RegExp(`^chokepoint: bad\\.yaml cannot be used[^]*line 2: features\\[1\\] \\(bad-${OURS}\\): stage must be one of data`));
  assert.match((await catalog(['catalog', 'apply', join(folder, 'none')])).err, /none cannot be read/);
  assert.match((await catalog(['catalog', 'apply'])).err, /which file\?/);

  const fine = join(folder, 'fine.yaml');
  writeFileSync(fine, `features:\n  - { feature: fine-${OURS}, title: F, stage: data }\n`);
  const mayNot = await catalog(['catalog', 'apply', fine, '--key', 'write']);
  assert.deepEqual([mayNot.code, mayNot.err.includes('401')], [1, true]);
  assert.match((await catalog(['catalog', 'apply', fine, '--dry-run'])).out, /1 new/, 'nothing was posted');
  assert.equal((await catalog(['catalog', 'nonsense'])).code, 2);
});
