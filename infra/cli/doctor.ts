/** `chokepoint doctor`: what this machine has and lacks, each lack with its remedy; then what the settings name and whether it answers. */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { freemem } from 'node:os';
import { describeSettings, readSettings, settingsNamed } from '../settings.ts';
import { readArguments } from './arguments.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

const MIN_NODE = 24;
const MIN_JAVA = 17;
const MIN_FREE_BYTES = 2 ** 31;
const REACH_MS = 3_000;

export async function doctor(args: readonly string[]): Promise<number> {
  if (readArguments('doctor', {}, args) === null) return 0;
  const settings = readSettings(process.env);
  const named = settingsNamed(process.env);
  const findings: Finding[] = [node(), java(), maven(), memory()];
  if (named.kafka) for (const broker of settings.kafka.brokers) findings.push(await reach('Kafka', broker));
  if (named.registry) findings.push(await reach('schema registry', new URL(settings.registry.url).host));
  if (named.clickhouse) findings.push(await reach('ClickHouse', new URL(settings.clickhouse.url).host));
  for (const { what, ok, detail } of findings) console.log(`${ok ? 'ok     ' : 'MISSING'}  ${what.padEnd(16)} ${detail}`);
  console.log(`\nsettings: ${JSON.stringify(describeSettings(settings), null, 2)}`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return { what: 'Node', ok: major >= MIN_NODE, detail: `${process.version}${major >= MIN_NODE ? '' : `: run through npm (npm run chokepoint -- doctor), which puts Node ${MIN_NODE} of the lock file first`}` };
}

function java(): Finding {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(stderr)?.[1];
  if (error !== undefined || version === undefined) return { what: 'Java', ok: false, detail: `install a Java ${MIN_JAVA} runtime (Debian: openjdk-17-jre-headless), or name brokers with KAFKA_BROKERS` };
  return { what: 'Java', ok: Number(version) >= MIN_JAVA, detail: Number(version) >= MIN_JAVA ? version : `${version} is too old for Kafka 4: install Java ${MIN_JAVA}` };
}

function maven(): Finding {
  const { stdout, error } = spawnSync('mvn', ['-v'], { encoding: 'utf8' });
  return error === undefined ? { what: 'Maven', ok: true, detail: stdout.split('\n')[0] ?? '' } : { what: 'Maven', ok: false, detail: 'install it (Debian: maven); it fetches the local Kafka and registry once' };
}

function memory(): Finding {
  const free = freemem();
  return { what: 'free memory', ok: free >= MIN_FREE_BYTES, detail: `${(free / 2 ** 30).toFixed(1)} GiB${free >= MIN_FREE_BYTES ? '' : ': everything on one machine takes about 2 GiB'}` };
}

function reach(what: string, address: string): Promise<Finding> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: REACH_MS });
    const answer = (ok: boolean, detail: string): void => {
      socket.destroy();
      resolve({ what, ok, detail: `${address} ${detail}` });
    };
    socket.once('connect', () => { answer(true, 'answers'); });
    socket.once('timeout', () => { answer(false, `does not answer within ${REACH_MS / 1000} s`); });
    socket.once('error', (error) => { answer(false, `cannot be reached: ${error.message}`); });
  });
}
