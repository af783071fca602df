/**
 * `chokepoint doctor`: what this machine has and lacks, and whether what the settings name answers, has the right topics, schemas and tables, keeps up and
 * agrees about the time; each lack with its remedy, at the end of what is printed. It only reads. Secrets are never printed.
 */
import { describeSettings, readSettings, settingsNamed, SettingsError, type Settings } from '../settings.ts';
import { readArguments } from './arguments.ts';
import { examine, type Parts } from './doctor/examine.ts';
import { fail, ok, type Finding } from './doctor/finding.ts';
import { examineMachine } from './doctor/machine.ts';
import { addressOf, addressOfUrl, unreachable } from './doctor/reach.ts';

const SIGNS: Readonly<Record<Finding['status'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

export async function doctor(args: readonly string[]): Promise<number> {
  const options = readArguments('doctor', { json: { type: 'boolean', what: 'the findings and the settings as JSON on the last line' }, settings: { type: 'boolean', what: 'the settings before the findings' } }, args);
  if (options === null) return 0;
  const read = readOrExplain();
  const findings = read.settings === null ? [...examineMachine(false), ...read.problems] : await all(read.settings);
  const sound = findings.every(({ status }) => status !== 'fail');
  const described = read.settings === null ? null : describeSettings(read.settings);
  if (options.json === true) {
    console.log(JSON.stringify({ ok: sound, findings, settings: described }));
  } else {
    if (options.settings === true && described !== null) console.log(`settings: ${JSON.stringify(described, null, 2)}\n`);
    print(findings);
  }
  return sound ? 0 : 1;
}

function readOrExplain(): { readonly settings: Settings } | { readonly settings: null; readonly problems: readonly Finding[] } {
  try {
    return { settings: readSettings(process.env) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { settings: null, problems: error.problems.map((problem) => fail('settings', problem, 'README.md lists them')) };
  }
}

async function all(settings: Settings): Promise<Finding[]> {
  const named = settingsNamed(process.env);
  // What `npm start` has brought up on this machine is looked at like what is named.
  const [broker = ''] = settings.kafka.brokers;
  const parts: Parts = {
    kafka: named.kafka || (await unreachable(addressOf(broker))) === null,
    registry: named.registry || (await unreachable(addressOfUrl(settings.registry.url))) === null,
    clickhouse: named.clickhouse || (await unreachable(addressOfUrl(settings.clickhouse.url))) === null,
  };
  const local = ([['Kafka', parts.kafka], ['schema registry', parts.registry], ['ClickHouse', parts.clickhouse]] as const)
    .filter(([, there]) => !there).map(([what]) => ok(what, 'none is named; npm start brings one up'));
  return [ok('settings', 'each has a value that can be used'), ...examineMachine(!named.kafka || !named.registry), ...local, ...(await examine(settings, parts, Date.now))];
}

function print(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, status, detail, remedy } of findings) {
    console.log(`${SIGNS[status]}  ${check.padEnd(width)}  ${detail}`);
    if (remedy !== null) console.log(`${''.padEnd(width + 8)}→ ${remedy}`);
  }
}
