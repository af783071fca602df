/** `chokepoint backtest`: what rules would have done over the history, and how that differs from the current ones. Publishes nothing, writes nothing. */
import { readFile } from 'node:fs/promises';
import { changesOf } from '../../consumers/analyzer/backtest/differences.ts';
import { createRecorder } from '../../consumers/analyzer/backtest/episodes.ts';
import { reportJson, reportText } from '../../consumers/analyzer/backtest/report.ts';
import type { Side } from '../../consumers/analyzer/backtest/report.ts';
import { runBacktest, utc } from '../../consumers/analyzer/backtest/run.ts';
import { rulesOf } from '../../consumers/analyzer/main.ts';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import { topicName } from '../../schemas/topics.ts';
import { connectKafka } from '../kafka/client.ts';
import { createLog } from '../service/log.ts';
import { readSettings } from '../settings.ts';
import { readArguments, UsageError, type Option } from './arguments.ts';
import { endWithReader } from './output.ts';
import { createProgress } from './progress.ts';

const OPTIONS = {
  rules: { type: 'string', value: 'FILE', what: 'rules to try, as CHOKEPOINT_RULES would name them; without it, the current ones' },
  from: { type: 'string', value: 'TIME', what: 'ISO 8601, e.g. 2026-10-01 or 2026-10-01T12:00:00Z; default: where the history begins' },
  to: { type: 'string', value: 'TIME', what: 'likewise; default: where it ends' },
  json: { type: 'boolean', what: 'the result as JSON on the last line of stdout' },
} as const satisfies Readonly<Record<string, Option>>;

export async function backtest(args: readonly string[]): Promise<number> {
  const options = readArguments('backtest', OPTIONS, args);
  if (options === null) return 0;
  endWithReader();
  const [from, to] = [timeOf('from', options.from), timeOf('to', options.to)];
  if (from !== null && to !== null && from >= to) throw new UsageError(`backtest: --from ${utc(from)} must be before --to ${utc(to)}`);
  const settings = readSettings(process.env);
  const currentRules = await rulesOf(settings.rulesFile);
  const triedRules = options.rules === undefined ? null : await rulesIn(options.rules);
  const write = createLog('backtest');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-backtest', log: (level, message, fields) => { if (level !== 'info') write(level, message, fields); } });
  try {
    const [mine, others] = [createRecorder(), createRecorder()];
    const progress = createProgress(process.stderr);
    const covered = await runBacktest({
      log: kafka, app: settings.app, from, to,
      partitions: await kafka.partitions(topicName('partials', settings.app)),
      trials: [{ rules: currentRules, observe: mine.observe }, ...(triedRules === null ? [] : [{ rules: triedRules, observe: others.observe }])],
      onTick: (tick) => { progress.line(`  ${utc(tick).slice(0, 10)}`); },
    });
    const current: Side = { name: settings.rulesFile ?? 'the built-in rules', rules: currentRules, courses: mine.courses(covered.from, covered.to) };
    const tried: Side | null = triedRules === null || options.rules === undefined ? null : { name: options.rules, rules: triedRules, courses: others.courses(covered.from, covered.to) };
    const result = { covered, current, tried, changes: tried === null ? [] : changesOf(current.courses, tried.courses) };
    if (process.stderr.isTTY) progress.say('');
    console.log(options.json === true ? JSON.stringify(reportJson(result)) : reportText(result));
    return 0;
  } finally {
    await kafka.close();
  }
}

/** A time without its zone would be another on another machine. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function timeOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new UsageError(`backtest: --${name} takes a time such as 2026-10-01 or 2026-10-01T12:00:00Z, not '${text}'`);
  return at;
}

async function rulesIn(file: string): Promise<readonly Rule[]> {
  try {
    return overrideRules(RULES, await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`backtest: --rules ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
