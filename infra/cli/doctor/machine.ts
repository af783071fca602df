/** What this machine has and lacks. */
import { spawnSync } from 'node:child_process';
import { freemem } from 'node:os';
import { fail, ok, type Finding } from './finding.ts';

const MIN_NODE = 24;
const MIN_JAVA = 17;
const MIN_FREE_BYTES = 2 ** 31;

/** `local`: Kafka or the registry is to be brought up here, which takes Java, Maven and memory. */
export function examineMachine(local: boolean): Finding[] {
  return [judgeNode(process.version), ...(local ? [java(), maven(), judgeMemory(freemem())] : [])];
}

export function judgeNode(version: string): Finding {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  return major >= MIN_NODE ? ok('Node', version) : fail('Node', version, `run through npm (npm run chokepoint -- doctor), which puts Node ${MIN_NODE} of the lock file first`);
}

function java(): Finding {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return judgeJava(error === undefined ? stderr : null);
}

/** `said`: by `java -version`; null where there is none. */
export function judgeJava(said: string | null): Finding {
  const version = /version "(\d+)/.exec(said ?? '')?.[1];
  const install = `install a Java ${MIN_JAVA} runtime (Debian: openjdk-17-jre-headless), or name brokers and a registry with KAFKA_BROKERS and SCHEMA_REGISTRY_URL`;
  if (version === undefined) return fail('Java', 'none', install);
  return Number(version) >= MIN_JAVA ? ok('Java', version) : fail('Java', `${version} is too old for Kafka 4`, install);
}

function maven(): Finding {
  const { stdout, error } = spawnSync('mvn', ['-v'], { encoding: 'utf8' });
  return error === undefined ? ok('Maven', stdout.split('\n')[0] ?? '') : fail('Maven', 'none', 'install it (Debian: maven); it fetches the local Kafka and registry once');
}

function judgeMemory(free: number): Finding {
  const detail = `${(free / 2 ** 30).toFixed(1)} GiB`;
  return free >= MIN_FREE_BYTES ? ok('free memory', detail) : fail('free memory', detail, 'everything on one machine takes about 2 GiB');
}
