/** The Java that Kafka and the registry run on. */
import { join } from 'node:path';
import { LocalError, missingCommand, run } from './command.ts';

/** Kafka 4.3 and Apicurio 3.0 need it. */
const OLDEST_JAVA = 17;
const INSTEAD = 'or name running ones with KAFKA_BROKERS and SCHEMA_REGISTRY_URL';

/** The command that starts a Java which is new enough; `javaHome` is JAVA_HOME, null where there is none. */
export async function findJava(javaHome: string | null): Promise<string> {
  const java = javaHome === null ? 'java' : join(javaHome, 'bin', 'java');
  let said: string;
  try {
    said = (await run(java, ['-version'], { timeoutMs: 20_000 })).stderr;
  } catch (cause) {
    if (!missingCommand(cause)) throw new LocalError('NO_JAVA', `${java} -version fails: mend the Java installation, ${INSTEAD}`, { cause });
    const where = javaHome === null ? 'java not found' : `JAVA_HOME is ${javaHome}, but there is no bin/java`;
    throw new LocalError('NO_JAVA', `${where}: install Java ${OLDEST_JAVA} or newer (it runs Kafka and the registry), ${INSTEAD}`, { cause });
  }
  const version = javaVersion(said);
  if (version === null || version < OLDEST_JAVA) {
    throw new LocalError('OLD_JAVA', `${java} is version ${version === null ? 'unknown' : String(version)}: install Java ${OLDEST_JAVA} or newer, point JAVA_HOME at one, ${INSTEAD}`);
  }
  return java;
}

/** The feature release in the output of `java -version`: 17 for "17.0.15", 8 for "1.8.0_402". */
export function javaVersion(output: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) return null;
  return first === '1' && second !== undefined ? Number(second) : Number(first);
}
