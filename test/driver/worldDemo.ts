/** The demo's world through the production tasks, from the command line: `node test/driver/worldDemo.ts [seeds=1] [end] [oracle]`; with `oracle`, tick by tick against it. */
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { createWorld, events } from '../../producers/simulator/world.ts';
import { differences } from './worldDiff.ts';
import { runOracle } from './worldOracle.ts';
import { runWorld } from './worldRun.ts';

const DAY_MS = 86_400_000;
const [seeds = '1', end = '2026-11-23T23:10:00Z', against] = process.argv.slice(2);

for (const seed of seeds.split(',').map(Number)) {
  const world = createWorld({ seed, endsAt: Date.parse(end) });
  const output = await runWorld({ ...world, events: events(world), partitions: 4 });
  const { found, missed, false: wrong } = compareChallenges(world.planted, output.challenges.filter(({ status }) => status === 'opened'));
  const levels = Object.fromEntries(['expert', 'intermediate', 'beginner', 'infrequent'].map((level) => [level, [...output.levels.values()].filter((found) => found === level).length]));
  const unlike = world.users.filter((user) => output.levels.get(user.user_id) !== user.behaviour).length;
  console.log(`seed ${String(seed)}: ${String(output.events)} events in ${output.seconds.toFixed(1)} s, ${String(output.deadLetters)} dead letters; levels ${JSON.stringify(levels)}, ${String(unlike)} unlike their behaviour; found ${String(found.length)}, missed ${String(missed.length)}, false ${String(wrong.length)}`);
  for (const { rule_id, feature } of missed) console.log(`  missed ${rule_id} ${feature}`);
  for (const { summary } of wrong) console.log(`  FALSE ${summary}`);
  if (against === 'oracle') {
    const oracle = runOracle({ ...world, events: events(world), partitions: 4, everyHours: 1 });
    const { expected, actual } = differences(oracle, output);
    console.log(`  oracle: ${String(oracle.courses.flatMap(({ opened, resolved }) => [...opened, ...resolved]).length)} openings and resolutions; only there: ${expected.join('; ') || 'none'}; only here: ${actual.join('; ') || 'none'}`);
  }
  if (seeds.includes(',')) continue;
  for (const { trained_at, decision, why, sizes } of output.models) console.log(`  model day ${String(Math.round((trained_at - world.startsAt) / DAY_MS))} ${decision} ${sizes.join('/')}; ${why}`);
  for (const { status, opened_at, resolved_at, resolution, summary } of output.challenges.filter((challenge) => challenge.status !== 'updated')) {
    console.log(`  day ${String(Math.round(((resolved_at ?? opened_at) - world.startsAt) / DAY_MS))} ${status}${resolution === null ? '' : ` (${resolution})`} ${summary}`);
  }
}
