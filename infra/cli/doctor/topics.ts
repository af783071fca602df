/** Whether topics are as schemas/topics.ts says, and can be written to. */
import type { TopicSeen } from '../../kafka/inspect.ts';
import type { TopicConfig } from '../../ports.ts';
import { fail, listed, ok, warn, type Finding } from './finding.ts';

/** Ours, as everybody's: a broker may fail while another is restarted. */
const REPLICAS = 3;
const IN_SYNC = 2;
/** What makes results wrong, or loses records, where it differs; another value of the others costs time or disk. */
const MUST_BE = ['cleanup.policy', 'message.timestamp.type'];
const AT_LEAST = ['max.message.bytes', 'retention.ms'];
const ENDLESS = -1;
/** Made by whichever app came first. */
const SHARED = 'platform.';

const alter = (topic: string, name: string, value: string): string => `kafka-configs.sh --bootstrap-server "$BROKERS" --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`;

/** `wanted`: for as many partitions as platform.events has, or as the setting says where it is not there. */
export function judgeTopics(wanted: readonly TopicConfig[], seen: ReadonlyMap<string, TopicSeen>, brokers: number): Finding[] {
  const missing = wanted.filter(({ topic }) => !seen.has(topic)).map(({ topic }) => topic);
  const ofApp = wanted.filter(({ topic }) => !topic.startsWith(SHARED));
  if (ofApp.every(({ topic }) => missing.includes(topic))) return [warn('topics', 'none of this app is there yet', 'the first service creates them, or, where services may not: npm run chokepoint -- topics')];
  const problems = wanted.flatMap((config): Finding[] => {
    const found = seen.get(config.topic);
    return found === undefined ? [] : [...judgeTopic(config, found), ...judgeReplicas(config.topic, found, brokers)];
  });
  const lacking = missing.length === 0 ? [] : [fail('topics', `missing: ${listed(missing)}`, 'npm run chokepoint -- topics (creates what is missing; so does a service at its start, where it may)')];
  const wrong = [...lacking, ...problems];
  return wrong.length > 0 ? wrong : [ok('topics', `${wanted.length}, as schemas/topics.ts has them`)];
}

function judgeTopic({ topic, partitions, config }: TopicConfig, found: TopicSeen): Finding[] {
  const check = `topic ${topic}`;
  const findings: Finding[] = [];
  if (found.partitions !== partitions) {
    findings.push(fail(check, `${found.partitions} partitions; ${partitions} follow from platform.events`, 'a user would not be in the same partition everywhere. Delete the topic while it is empty and let it be created anew; where it has records, start a new CHOKEPOINT_APP'));
  }
  for (const [name, value] of Object.entries(config)) {
    const is = found.config[name];
    if (is === undefined || is === value) continue;
    if (MUST_BE.includes(name)) findings.push(fail(check, `${name} is ${is}, not ${value}`, `${alter(topic, name, value)}; what it did to the records until now stays: a topic that lost some needs a replay (docs/runbook.md)`));
    else if (!AT_LEAST.includes(name) || (Number(is) < Number(value) && Number(is) !== ENDLESS)) findings.push(warn(check, `${name} is ${is}, not ${value}`, `${alter(topic, name, value)}, unless it is meant so`));
  }
  return findings;
}

function judgeReplicas(topic: string, { replicas, inSync, leaderless, config }: TopicSeen, brokers: number): Finding[] {
  const check = `topic ${topic}`;
  const least = Number(config['min.insync.replicas'] ?? 1);
  if (leaderless.length > 0) return [fail(check, `no leader for partitions ${listed(leaderless.map(String))}`, 'bring the brokers back that have their replicas')];
  if (inSync < least) return [fail(check, `${inSync} replicas in sync, ${least} needed: writes are refused`, 'bring the other brokers back, or look into their logs')];
  if (inSync < replicas) return [warn(check, `${inSync} of ${replicas} replicas in sync`, 'bring the other brokers back, or look into their logs')];
  if (brokers >= REPLICAS && replicas < REPLICAS) return [warn(check, `${replicas} replicas on ${brokers} brokers: the loss of one broker stops it or loses records`, 'kafka-reassign-partitions.sh raises the number (docs/runbook.md)')];
  if (replicas >= REPLICAS && least < IN_SYNC) return [warn(check, `min.insync.replicas is ${least}: what was acknowledged may be on one broker alone`, alter(topic, 'min.insync.replicas', String(IN_SYNC)))];
  return [];
}
