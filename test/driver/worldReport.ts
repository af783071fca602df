/**
 * The demo's world against the oracle, from the command line: `node test/driver/worldReport.ts [seeds=1] [hours=3]`. It prints what would be
 * found, and how far from the thresholds everything stays: the margins by which producers/simulator/problems.ts was set.
 */
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { createWorld, events } from '../../producers/simulator/world.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { runOracle } from './worldOracle.ts';

const ENDS_AT = Date.parse('2026-11-23T23:10:00Z');
const DAY_MS = 86_400_000;

const [seeds = '1', hours = '3', end] = process.argv.slice(2);
const endsAt = end === undefined ? ENDS_AT : Date.parse(end);
const number = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : String(value));
for (const seed of seeds.split(',').map(Number)) {
  const begun = performance.now();
  const world = createWorld({ seed, endsAt });
  const { courses, models, levels } = runOracle({ ...world, events: events(world), partitions: 4, everyHours: Number(hours) });
  const day = (at: number): string => String(Math.round((at - world.startsAt) / DAY_MS));
  const counts = new Map<string, number>();
  for (const level of levels.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  const wrong = world.users.filter((user) => levels.get(user.user_id) !== user.behaviour).length;
  const rules = new Map(RULES.map((rule) => [rule.id, rule]));
  const stageOf = new Map(world.catalog.map(({ feature, stage }) => [feature, stage]));
  const found = courses.filter(({ opened }) => opened.length > 0).flatMap((course) => {
    const [rule, stage] = [rules.get(course.rule), stageOf.get(course.feature)];
    return rule === undefined || stage === undefined ? [] : [{ rule_id: rule.id, dimension: rule.dimension, stage, feature: course.feature, signal_class: rule.signal_class, fingerprint: course.code }];
  });
  const comparison = compareChallenges(world.planted, found);
  console.log(`seed ${String(seed)}: levels ${JSON.stringify(Object.fromEntries(counts))}, ${String(wrong)} unlike their behaviour; found ${String(comparison.found.length)}, missed ${String(comparison.missed.length)}, false ${String(comparison.false.length)} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  for (const missed of comparison.missed) console.log(`  missed ${missed.rule_id} ${missed.feature}`);
  for (const wrongly of comparison.false) console.log(`  FALSE ${wrongly.rule_id} ${wrongly.feature} ${wrongly.fingerprint ?? ''}`);
  if (seeds.includes(',')) continue;
  for (const { trained_at, decision, why, sizes, silhouette, churn } of models) console.log(`  model day ${day(trained_at)} ${decision} ${sizes.join('/')} silhouette ${number(silhouette ?? NaN)} churn ${number(churn ?? NaN)}; ${why}`);
  const planted = new Set(world.planted.map(({ rule_id, feature }) => `${rule_id}/${feature}`));
  for (const course of courses.filter(({ opened }) => opened.length > 0)) {
    const quantile = (i: number, share: number): string => { const sorted = course.daily.map((values) => values[i] ?? NaN).sort((a, b) => a - b); return number(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN); };
    console.log(`  ${planted.has(`${course.rule}/${course.feature}`) ? 'planted' : 'FALSE  '} ${course.rule} ${course.feature}: opened day ${course.opened.map(day).join(',')} resolved ${course.resolved.map(day).join(',') || '-'}; values (10, 50, 90 % of its open days) ${course.bestValues.map((_, i) => `${quantile(i, 0.1)} ${quantile(i, 0.5)} ${quantile(i, 0.9)}`).join(' | ')}`);
  }
  const near = courses.filter(({ rule, feature, best }) => !planted.has(`${rule}/${feature}`) && best > -0.2).sort((a, b) => b.best - a.best);
  for (const course of near) console.log(`  near ${course.rule} ${course.feature} ${course.code ?? ''}: best ${number(course.best)} at ${course.bestValues.map(number).join(' ')}, longest hold ${String(course.longest)} h`);
}
