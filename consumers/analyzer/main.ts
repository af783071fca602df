/** The analyzer: a profile task per user partition, and the one cohort task, each in a group of its own, spread over all members. */
import { readFile } from 'node:fs/promises';
import { connectKafka } from '../../infra/kafka/client.ts';
import { followErasures } from '../../infra/kafka/erasures.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import type { TaskLoop } from '../../infra/kafka/taskLoop.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Kafka, TaskContext, TaskGroup } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Log } from '../../infra/service/log.ts';
import { fromZero, metrics } from '../../infra/service/metrics.ts';
import type { Health, Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Erasures } from '../../schemas/erasures.ts';
import { SYMBOLS } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import { createCohortTask } from './cohort/task.ts';
import type { TickOutput } from './cohort/tick.ts';
import { trainInWorker } from './expertise/trainer.ts';
import { followReferences } from './profile/follower.ts';
import type { References } from './profile/follower.ts';
import { createProfileTask } from './profile/task.ts';
import type { ProfileObserver } from './profile/task.ts';
import { overrideRules } from './rules/overrides.ts';
import { RULES } from './rules/rules.ts';
import type { Rule } from './rules/rules.ts';

/** What both kinds of tasks read and write in Avro. */
const RECORDS = ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck', 'Feature', 'Challenge', 'Finding', 'ExpertiseModel'] as const;

export async function startAnalyzer(settings: Settings, log: Log): Promise<Service> {
  const { app } = settings;
  const rules = await rulesOf(settings.rulesFile);
  fromZero(metrics.cohortModels, SYMBOLS.Decision.map((decision) => ({ decision })));
  fromZero(metrics.cohortFindings, rules.flatMap(({ id }) => SYMBOLS.FindingState.map((state) => ({ rule_id: id, state }))));
  fromZero(metrics.cohortChallenges, SYMBOLS.Dimension.flatMap((dimension) => SYMBOLS.ChallengeStatus.map((status) => ({ dimension, status }))));
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-analyzer', log });
  try {
    await createTopics(kafka, settings);
    const codec = await createCodec(connectRegistry(settings.registry), RECORDS);
    const partitions = await kafka.partitions(topicName('events', app));
    return await runAnalyzer({ kafka, app, partitions, codec, rules, log, erasureSecret: settings.erasureSecret });
  } catch (error) {
    await kafka.close().catch(() => undefined);
    throw error;
  }
}

export interface AnalyzerParts {
  readonly kafka: Kafka;
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  readonly codec: RecordCodec;
  readonly rules: readonly Rule[];
  readonly log: Log;
  readonly erasureSecret?: string | null;
}

/** The analyzer on given parts; closes `kafka` when stopped. */
export async function runAnalyzer({ kafka, app, partitions, codec, rules, log, erasureSecret = null }: AnalyzerParts): Promise<Service> {
  const references = followReferences(kafka, topicName('references', app), (message, fields) => {
    log('warn', message, fields);
  });
  const erasures = followErasures(kafka, topicName('erasures', app), erasureSecret);
  const loops: TaskLoop[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(loops.map((loop) => loop.stop()));
    erasures.stop();
    await references.stop();
    await kafka.close();
  };
  try {
    loops.push(await runTasks(kafka, profileGroup({ app, codec, references, erasures }), { app, log }));
    loops.push(await runTasks(kafka, cohortGroup({ app, partitions, codec, rules, log }), { app, log }));
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { name: 'analyzer', health: () => healthOf(loops), stop, failed: Promise.race(loops.map((loop) => loop.failed)) };
}

function profileGroup({ app, codec, references, erasures }: { app: string; codec: RecordCodec; references: References; erasures: Erasures }): TaskGroup {
  const observer: ProfileObserver = ({ partition, records, ticks, watermark, waiting }) => {
    metrics.profileRecords.inc(records);
    metrics.profileTicks.inc(ticks);
    metrics.profileWatermarkSeconds.set({ partition }, watermark / 1_000);
    metrics.profileWaiting.set({ partition }, waiting ? 1 : 0);
  };
  return {
    group: 'profile',
    topics: (['actions', 'errors', 'times'] as const).map((id) => topicName(id, app)),
    assignment: 'co-partitioned',
    commit: 'transaction',
    create: (context: TaskContext) => createProfileTask({ context, app, codec, references, erasures, observer }),
  };
}

function observeTick(tick: number, { model, findings, challenges }: TickOutput): void {
  metrics.cohortTicks.inc();
  metrics.cohortTick.set(tick / 1_000);
  if (model !== null) metrics.cohortModels.inc({ decision: model.decision });
  for (const { rule_id, state } of findings) metrics.cohortFindings.inc({ rule_id, state });
  for (const { dimension, status } of challenges) metrics.cohortChallenges.inc({ dimension, status });
}

function cohortGroup({ app, partitions, codec, rules, log }: Omit<AnalyzerParts, 'kafka'>): TaskGroup {
  return {
    group: 'cohort',
    topics: [topicName('partials', app)],
    assignment: 'single',
    commit: 'transaction',
    create: (context: TaskContext) => createCohortTask({ context, app, partitions, codec, rules, train: trainInWorker, log, observer: observeTick }),
  };
}

/** The rules in force: the built-in ones, with what the rules file says. */
export async function rulesOf(file: string | null): Promise<readonly Rule[]> {
  if (file === null) return RULES;
  try {
    return overrideRules(RULES, await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Error(`CHOKEPOINT_RULES: ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function healthOf(loops: readonly TaskLoop[]): Health {
  const tasks = loops.flatMap((loop) => loop.state().tasks);
  const troubled = tasks.filter(({ error }) => error !== null);
  return { ready: troubled.length === 0, detail: { tasks: tasks.map(({ id, status, restarts }) => ({ id, status, restarts })), ...(troubled.length === 0 ? {} : { troubled }) } };
}
