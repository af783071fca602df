/**
 * Every metric of every service, in one place, so that a name means one thing. Labels have few values: never a user, a feature or an id.
 */
import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client';

// From below a group commit (ms) to past the bound at which the collector answers 503 (10 s). Ours.
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
// A restore reads a changelog, an event waits for batches: from a blink to half an hour. Ours.
const LONG_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800];

/** Of a task: reading its state, at work, or thrown away after a failure and about to be opened again. */
const TASK_STATUSES = ['opening', 'running', 'failed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What is asked for when it is scraped, rather than set when it changes; a service puts its own here. */
export const metricSources = {
  haltedPartitions: (): readonly string[] => [],
  /** Per group of this process, the status of each of its tasks. */
  tasks: new Map<string, () => readonly TaskStatus[]>(),
  /** Per route of alerts of this process, whether its receiver fails. */
  alertRoutes: new Map<string, () => boolean>(),
  /** Per service of this process. */
  ready: new Map<string, () => boolean>(),
};

export const metrics = {
  lagRecords: new Gauge({ name: 'chokepoint_lag_records', help: 'Records of an input that the group has not committed, as its owner sees it every 5 s; a commit marker counts as one.', labelNames: ['group', 'topic', 'partition'] as const }),
  taskCommits: new Counter({ name: 'chokepoint_task_commits_total', help: 'Commits that succeeded: transactions, or offsets for tasks without outputs.', labelNames: ['group', 'commit'] as const }),
  taskFailures: new Counter({ name: 'chokepoint_task_failures_total', help: 'Failures after which a task was thrown away and opened again, by the code of the error (none: it has no code).', labelNames: ['group', 'code'] as const }),
  taskRestoreSeconds: new Histogram({ name: 'chokepoint_task_restore_seconds', help: 'Time to open a task: its state is read from the changelog.', labelNames: ['group'] as const, buckets: LONG_SECONDS }),
  tasksOpen: new Gauge({
    name: 'chokepoint_tasks', help: 'Tasks of this process by status.', labelNames: ['group', 'status'] as const,
    collect() {
      this.reset();
      for (const [group, statuses] of metricSources.tasks) {
        // A status that no task has is 0, not absent: a panel of those that are not running shows that there are none.
        for (const status of TASK_STATUSES) this.set({ group, status }, 0);
        for (const status of statuses()) this.inc({ group, status });
      }
    },
  }),
  serviceReady: new Gauge({
    name: 'chokepoint_ready', help: '1 while /readyz answers 200, 0 otherwise.', labelNames: ['service'] as const,
    collect() {
      this.reset();
      for (const [service, ready] of metricSources.ready) this.set({ service }, ready() ? 1 : 0);
    },
  }),
  collectorRequests: new Counter({ name: 'chokepoint_collector_requests_total', help: 'Requests answered.', labelNames: ['route', 'status'] as const }),
  collectorRequestSeconds: new Histogram({ name: 'chokepoint_collector_request_seconds', help: 'Time to answer a request.', labelNames: ['route'] as const, buckets: SECONDS }),
  collectorEvents: new Counter({ name: 'chokepoint_collector_events_total', help: 'Events answered with 202, by result.', labelNames: ['result'] as const }),
  collectorKeyRequests: new Counter({ name: 'chokepoint_collector_key_requests_total', help: 'Requests answered, by the name of the key (none: no valid one).', labelNames: ['key', 'status'] as const }),
  collectorKeyEvents: new Counter({ name: 'chokepoint_collector_key_events_total', help: 'Events answered with 202, by the name of the key and result.', labelNames: ['key', 'result'] as const }),
  collectorKeysFileWrong: new Gauge({ name: 'chokepoint_collector_keys_file_wrong', help: '1 while the keys file cannot be used, and the keys from before stay valid.' }),
  collectorCertificateWrong: new Gauge({ name: 'chokepoint_collector_certificate_wrong', help: '1 while the certificate and its key cannot be used, and those from before are.' }),
  collectorQueueBytes: new Gauge({ name: 'chokepoint_collector_queue_bytes', help: 'Bytes that wait for Kafka to acknowledge them.' }),
  collectorSendSeconds: new Histogram({ name: 'chokepoint_collector_send_seconds', help: 'Time until Kafka has acknowledged a send.', buckets: SECONDS }),
  collectorSendFailures: new Counter({ name: 'chokepoint_collector_send_failures_total', help: 'Sends that Kafka did not acknowledge.' }),
  collectorClocks: new Counter({ name: 'chokepoint_collector_clocks_total', help: 'Clocks appended to all partitions.' }),
  processorRecords: new Counter({ name: 'chokepoint_processor_records_total', help: 'Records taken; equals the sum of chokepoint_processor_events_total and chokepoint_processor_dead_letters_total, or something got lost.' }),
  processorEvents: new Counter({ name: 'chokepoint_processor_events_total', help: 'Events taken, but for dead letters; a step repeated after a failed commit counts again.', labelNames: ['result'] as const }),
  processorDeadLetters: new Counter({ name: 'chokepoint_processor_dead_letters_total', help: 'Events that became dead letters.', labelNames: ['reason'] as const }),
  processorSignals: new Counter({ name: 'chokepoint_processor_signals_total', help: 'Signals of all three classes.' }),
  processorTimers: new Counter({ name: 'chokepoint_processor_timers_total', help: 'Tasks that became abandoned because their time was up.' }),
  processorTasksNotTracked: new Counter({ name: 'chokepoint_processor_tasks_not_tracked_total', help: 'Started tasks without a timer, because their user, or the partition, has too many.' }),
  processorHalted: new Gauge({
    name: 'chokepoint_processor_halted', help: '1 for each partition that has halted because too many of its events became dead letters.', labelNames: ['partition'] as const,
    collect() {
      this.reset();
      for (const partition of metricSources.haltedPartitions()) this.set({ partition }, 1);
    },
  }),
  processorWatermark: new Gauge({ name: 'chokepoint_processor_watermark_seconds', help: 'Watermark of a partition, seconds since the epoch.', labelNames: ['partition'] as const }),
  processorOpenTasks: new Gauge({ name: 'chokepoint_processor_open_tasks', help: 'Running tasks, each with a timer.', labelNames: ['partition'] as const }),
  processorRememberedEvents: new Gauge({ name: 'chokepoint_processor_remembered_events', help: 'Event ids remembered against duplicates.', labelNames: ['partition'] as const }),
  sinkRows: new Counter({ name: 'chokepoint_sink_rows_total', help: 'Rows that ClickHouse took, retries included.', labelNames: ['table'] as const }),
  sinkInsertSeconds: new Histogram({ name: 'chokepoint_sink_insert_seconds', help: 'Time of an insert that succeeded.', labelNames: ['table'] as const, buckets: SECONDS }),
  sinkInsertFailures: new Counter({ name: 'chokepoint_sink_insert_failures_total', help: 'Inserts that ClickHouse did not take.', labelNames: ['table'] as const }),
  sinkLatencySeconds: new Histogram({ name: 'chokepoint_end_to_end_seconds', help: 'From received_at at the collector to its signals in ClickHouse: of the first signal of each insert, the one that waited longest.', buckets: LONG_SECONDS }),
  sinkUnreadable: new Counter({ name: 'chokepoint_sink_unreadable_total', help: 'Records of platform.* left out because they cannot be read; the processor reports those of platform.events.', labelNames: ['topic'] as const }),
  profileRecords: new Counter({ name: 'chokepoint_profile_records_total', help: 'Signals and progress records taken by profile tasks.' }),
  profileTicks: new Counter({ name: 'chokepoint_profile_ticks_total', help: 'Ticks run by profile tasks.' }),
  profileWatermarkSeconds: new Gauge({ name: 'chokepoint_profile_watermark_seconds', help: 'Event time that a profile task has come to, seconds since the epoch.', labelNames: ['partition'] as const }),
  profileWaiting: new Gauge({ name: 'chokepoint_profile_waiting', help: '1 while a profile task waits for the reference of a midnight tick.', labelNames: ['partition'] as const }),
  cohortTicks: new Counter({ name: 'chokepoint_cohort_ticks_total', help: 'Ticks run by the cohort task.' }),
  cohortTick: new Gauge({ name: 'chokepoint_cohort_tick_seconds', help: 'The last tick run, seconds since the epoch.' }),
  cohortModels: new Counter({ name: 'chokepoint_cohort_models_total', help: 'Trainings of the expertise model, by decision.', labelNames: ['decision'] as const }),
  cohortFindings: new Counter({ name: 'chokepoint_cohort_findings_total', help: 'Findings evaluated at midnight ticks, by rule and state.', labelNames: ['rule_id', 'state'] as const }),
  cohortChallenges: new Counter({ name: 'chokepoint_cohort_challenges_total', help: 'Transitions of challenges.', labelNames: ['dimension', 'status'] as const }),
  alertsDelivered: new Counter({ name: 'chokepoint_alerts_delivered_total', help: 'Notices, digests and posts to an Alertmanager (those that keep alive too) that the receiver of a route took, or that were logged where there is no webhook.', labelNames: ['route'] as const }),
  alertsFailures: new Counter({ name: 'chokepoint_alerts_failures_total', help: 'Attempts of which the receiver of a route did not take all.', labelNames: ['route'] as const }),
  alertsFailing: new Gauge({
    name: 'chokepoint_alerts_failing', help: '1 for a route whose receiver did not take the last attempt: its notices wait in Kafka, 0 otherwise.', labelNames: ['route'] as const,
    collect() {
      this.reset();
      for (const [route, isFailing] of metricSources.alertRoutes) this.set({ route }, isFailing() ? 1 : 0);
    },
  }),
  canaryProbes: new Counter({ name: 'chokepoint_canary_probes_total', help: "The canary's events by what became of them: seen as a signal in ClickHouse, refused by the collector, late, or the canary could not look.", labelNames: ['result'] as const }),
  canarySeconds: new Histogram({ name: 'chokepoint_canary_seconds', help: "From posting the canary's event to reading its signal from ClickHouse.", buckets: LONG_SECONDS }),
  canaryChallenges: new Gauge({ name: 'chokepoint_canary_challenges', help: 'Of the last rehearsal: planted challenges that came out, planted ones that did not, and others.', labelNames: ['outcome'] as const }),
  canaryRehearsed: new Gauge({ name: 'chokepoint_canary_rehearsal_seconds', help: 'Time that the last rehearsal took.' }),
} as const;

/**
 * Shows a counter's series at 0 from the start of the service that owns it, where the values of its labels are known: Prometheus does not see a series that begins
 * with its first count as an increase, so the first failure would be missed, and a panel of failures would be empty rather than at 0.
 */
export function fromZero<Label extends string>(counter: Counter<Label>, series: readonly Readonly<Record<Label, string | number>>[]): void {
  for (const labels of series) counter.inc(labels, 0);
}

let defaults = false;

/** Node's own metrics (memory, event loop lag, GC), once per process. */
export function collectNodeMetrics(): void {
  if (defaults) return;
  defaults = true;
  collectDefaultMetrics({ prefix: 'chokepoint_' });
}

/** All metrics in Prometheus' text format. */
export async function metricsText(): Promise<{ readonly contentType: string; readonly text: string }> {
  return { contentType: register.contentType, text: await register.metrics() };
}

/** What each is called and means, for docs/metrics.md. */
export async function describeMetrics(): Promise<readonly { readonly name: string; readonly type: string; readonly help: string; readonly labels: readonly string[] }[]> {
  const described = await Promise.all(Object.values(metrics).map((metric) => metric.get()));
  return described.map(({ name, type, help }, index) => ({ name, type: String(type), help, labels: labelsOf(Object.values(metrics)[index]) }));
}

// prom-client keeps them, and its types do not show them.
function labelsOf(metric: unknown): readonly string[] {
  return (metric as { labelNames: readonly string[] }).labelNames;
}
