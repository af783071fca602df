/** `chokepoint backtest` on a real Kafka that holds what the production tasks wrote over a world: the history again, and other rules beside it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { DAY_MS } from '../../consumers/analyzer/time.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { topicConfigs } from '../../infra/kafka/topics.ts';
import { topicName } from '../../schemas/topics.ts';
import { evidenceWorld } from '../driver/evidenceWorld.ts';
import { runWorld } from '../driver/worldRun.ts';
import { runCommand, type Answer } from './command.ts';
import { withParts } from './parts.ts';

interface EpisodeJson {
  readonly challenge_id: string;
  readonly opened_at: string;
  readonly resolved_at: string | null;
  readonly resolution: string | null;
  readonly updates: number;
}
interface Result {
  readonly backtest: string;
  readonly from: string;
  readonly to: string;
  readonly history: { readonly begins: string; readonly from_beginning: boolean };
  readonly notes: readonly string[];
  readonly findings: readonly { readonly rule_id: string; readonly flaps: number; readonly began_to_hold: number; readonly episodes: readonly EpisodeJson[] }[];
  readonly differences: readonly { readonly rule_id: string; readonly change: string; readonly current: EpisodeJson | null; readonly tried: EpisodeJson | null }[];
}

/** The example of docs/rules.md, as it is there. */
const EXAMPLE = /```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8'))?.[1] ?? '';

const directory = mkdtempSync(join(tmpdir(), 'chokepoint-backtest-'));
after(() => { rmSync(directory, { recursive: true }); });
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const parts = await withParts();
const world = evidenceWorld(1);
const underCurrent = await runWorld(world);
const underExample = await runWorld({ ...world, rules: overrideRules(RULES, EXAMPLE) });

const { app, kafka: kafkaSettings } = parts.settings();
const kafka = await connectKafka(kafkaSettings, { clientId: 'test', log: parts.log });
after(() => kafka.close());
const topics = (['partials', 'references'] as const).map((id) => topicName(id, app));
await kafka.createTopics(topicConfigs(app, world.partitions).filter(({ topic }) => topics.includes(topic)));
const producer = await kafka.producer();
for (const id of ['partials', 'references'] as const) {
  const records = underCurrent.kafka.records(topicName(id, '')).map(({ partition, key, value }) => ({ topic: topicName(id, app), partition, key, value }));
  for (let at = 0; at < records.length; at += 100) await producer.send(records.slice(at, at + 100));
}
await producer.close();
const ends = async (): Promise<number[][]> => Promise.all(topics.map((topic) => kafka.ends(topic)));
const before = await ends();

const cli = (args: readonly string[], changes: Readonly<Record<string, string>> = {}): Promise<Answer> => runCommand(parts.env({ CHOKEPOINT_APP: app, ...changes }), 'backtest', ...args);
const resultOf = ({ code, out, err }: Answer): Result => {
  assert.equal(code, 0, err);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Result;
};

/** Published transitions as the backtest tells them. */
function episodesOf(challenges: typeof underCurrent.challenges): EpisodeJson[] {
  const iso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
  return [...Map.groupBy(challenges, ({ challenge_id }) => challenge_id)].map(([challenge_id, transitions]) => {
    const resolved = transitions.find(({ status }) => status === 'resolved');
    return { challenge_id, opened_at: iso(transitions[0]?.opened_at ?? 0), resolved_at: resolved === undefined ? null : iso(resolved.evaluated_at), resolution: resolved?.resolution ?? null, updates: transitions.filter(({ status }) => status === 'updated').length };
  }).sort(byId);
}
const byId = (a: EpisodeJson, b: EpisodeJson): number => (a.challenge_id < b.challenge_id ? -1 : 1);
const plain = ({ challenge_id, opened_at, resolved_at, resolution, updates }: EpisodeJson): EpisodeJson => ({ challenge_id, opened_at, resolved_at, resolution, updates });
const told = ({ findings }: Result): EpisodeJson[] => findings.flatMap(({ episodes }) => episodes.map(plain)).sort(byId);

test('with the current rules: the challenges that were published, their ends and resolutions', async () => {
  const result = resultOf(await cli(['--json']));
  assert.ok(underCurrent.challenges.length > 7);
  assert.deepEqual(told(result), episodesOf(underCurrent.challenges));
  assert.deepEqual([result.backtest, result.history.from_beginning, result.notes, result.differences], ['the built-in rules', true, [], []]);
  assert.ok(result.findings.every(({ began_to_hold, episodes }) => began_to_hold >= episodes.length));
});

test("with the example of docs/rules.md: what an analyzer with it publishes, and every episode's difference", async () => {
  const path = file('rules.yaml', EXAMPLE);
  const result = resultOf(await cli(['--rules', path, '--json']));
  assert.deepEqual(told(result), episodesOf(underExample.challenges));
  assert.deepEqual(result.differences.flatMap(({ current }) => (current === null ? [] : [plain(current)])).sort(byId), episodesOf(underCurrent.challenges));
  assert.deepEqual(result.differences.flatMap(({ tried }) => (tried === null ? [] : [plain(tried)])).sort(byId), episodesOf(underExample.challenges));
  const changes = new Map(result.differences.map(({ rule_id, change }) => [rule_id, change]));
  assert.deepEqual(['error-experts', 'unused-by-novices', 'error-novices', 'error-everyone'].map((id) => changes.get(id)), ['more', 'fewer', 'shifted', 'same'], JSON.stringify([...changes]));
  const people = await cli(['--rules', path]);
  for (const part of [`Backtest of ${path}`, 'Difference from the built-in rules: ', '  + error-experts on ', '  - unused-by-novices on ', '  ~ error-novices on ']) assert.ok(people.out.includes(part), `${part} is missing in ${people.out}`);
  // The other way round: what is current is what CHOKEPOINT_RULES names.
  const back = resultOf(await cli(['--rules', file('none.yaml', ''), '--json'], { CHOKEPOINT_RULES: path }));
  assert.deepEqual(new Map(back.differences.map(({ rule_id, change }) => [rule_id, change])).get('error-experts'), 'fewer');
});

test('a part of the history: the run-up before it is told', async () => {
  const from = world.endsAt - 6 * DAY_MS;
  const iso = new Date(from).toISOString();
  const result = resultOf(await cli(['--from', iso, '--json']));
  const open = underCurrent.challenges.filter(({ status, evaluated_at }) => status === 'resolved' && evaluated_at < from).map(({ challenge_id }) => challenge_id);
  assert.deepEqual(told(result), episodesOf(underCurrent.challenges).filter(({ challenge_id }) => !open.includes(challenge_id)));
  assert.ok(Date.parse(result.history.begins) < from - 20 * DAY_MS);
});

test('what is wrong is told in one line, and ends with 1', async () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--rules', file('wrong.yaml', 'error-novices: { version: 2, thresholds: { expert: 3 } }')], /--rules .*wrong\.yaml cannot be used: [\s\S]*error-novices\.thresholds\.expert must be a share/],
    [['--rules', join(directory, 'nosuch.yaml')], /nosuch\.yaml cannot be used: ENOENT/],
    [['--from', 'yesterday'], /--from takes a time such as/],
    [['--from', '2026-10-01T10:00'], /--from takes a time such as/],
    [['--from', '2026-10-20', '--to', '2026-10-20'], /--from 2026-10-20T00:00:00Z must be before --to/],
    [['--from', '2020-01-01'], /the history in \S+ begins at 2026-\S+, after --from 2020-01-01T00:00:00Z/],
    [['--to', new Date(world.endsAt + DAY_MS).toISOString()], /the history in \S+ ends at \S+, before --to/],
    [['--nosuch'], /Unknown option/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [1, ''], args.join(' '));
    assert.match(err, message);
    assert.ok(!err.includes('    at '), err);
  }
  const other = await cli([], { CHOKEPOINT_APP: `${app}x` });
  assert.ok(other.code === 1 && other.err.includes(`${app}x.analyzer.partials`), other.err);
  const help = await cli(['--help']);
  assert.ok(help.code === 0 && help.out.includes('--rules FILE'));
});

test('nothing was written: no record, no topic', async () => {
  assert.deepEqual(await ends(), before);
  for (const id of ['challenges', 'findings', 'cohortChangelog'] as const) await assert.rejects(kafka.ends(topicName(id, app)), /UNKNOWN_TOPIC|does not|no topic|topic/i);
});
