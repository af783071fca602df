/** The catalog of the demo's platform: 52 features over the four stages. Durations are invented, of the order that such tools have. */
import type { Stage } from '../../schemas/records.ts';
import type { FeatureKind, FeaturePlan, PerBehaviour } from './types.ts';

interface Options {
  readonly core?: true;
  /** Nobody has said how long it should take: the time rules have nothing to compare with. */
  readonly noExpectation?: true;
  readonly ignoreRepeats?: true;
  readonly timeoutHours?: number;
}

/** `expected_ms` is what the owners promise: a little above what an intermediate user needs. */
const EXPECTATION_FACTOR = 1.1;
const HOUR_MS = 3_600_000;

/** Share of the people entering the stage who have the feature among theirs; features not named here are spread by chance. */
const REACH: Readonly<Record<string, PerBehaviour>> = {
  browse_catalog: { expert: 0.9, intermediate: 0.7, beginner: 0.55, infrequent: 0.4 },
  connect_source: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  data_quality: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  create_notebook: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  run_notebook: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  feature_lineage: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  train_model: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  experiment_tracking: { expert: 0.9, intermediate: 0.6, beginner: 0.24, infrequent: 0.2 },
  model_evaluation: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  deploy_endpoint: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  monitoring_dashboard: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  label_project: { expert: 0.6, intermediate: 0.4, beginner: 0.14, infrequent: 0.1 },
};

const row = (stage: Stage, owner: string) => (feature: string, title: string, tool: string, kind: FeatureKind, seconds: number, options: Options = {}): FeaturePlan => ({
  kind,
  baseMs: seconds * 1000,
  reach: REACH[feature] ?? null,
  entry: {
    feature,
    title,
    stage,
    tool,
    core: options.core ?? false,
    expected_ms: kind === 'click' || options.noExpectation === true ? null : Math.round(seconds * 1000 * EXPECTATION_FACTOR),
    task_timeout_ms: options.timeoutHours === undefined ? null : options.timeoutHours * HOUR_MS,
    owner,
    ignore_repeats: options.ignoreRepeats ?? false,
  },
});

const data = row('data', 'data-platform');
const features = row('features', 'feature-platform');
const training = row('training', 'training-platform');
const deployment = row('deployment', 'serving-platform');

export const CATALOG: readonly FeaturePlan[] = [
  data('browse_catalog', 'Data catalog', 'catalog', 'click', 40, { core: true }),
  data('connect_source', 'Data connectors', 'connectors', 'job', 420, { core: true, noExpectation: true, timeoutHours: 8 }),
  data('import_file', 'File import', 'connectors', 'task', 90),
  data('query_editor', 'SQL editor', 'sql', 'task', 45),
  data('profile_dataset', 'Dataset profiling', 'quality', 'job', 240),
  data('clean_rules', 'Cleaning rules', 'quality', 'task', 300),
  data('label_project', 'Labeling project', 'labeling', 'task', 600),
  data('label_review', 'Label review', 'labeling', 'task', 180, { noExpectation: true }),
  data('dedupe_rows', 'Deduplication', 'quality', 'job', 360),
  data('schedule_ingest', 'Scheduled ingestion', 'connectors', 'task', 150),
  data('schema_mapping', 'Schema mapping', 'connectors', 'task', 400, { noExpectation: true }),
  data('data_quality', 'Data quality checks', 'quality', 'click', 70, { core: true }),
  data('share_dataset', 'Dataset sharing', 'catalog', 'click', 30),

  features('create_notebook', 'Notebook creation', 'notebooks', 'job', 120, { core: true, timeoutHours: 6 }),
  features('run_notebook', 'Notebook runs', 'notebooks', 'job', 500, { core: true }),
  features('notebook_schedule', 'Notebook schedules', 'notebooks', 'click', 60),
  features('feature_definition', 'Feature definitions', 'feature-store', 'task', 350),
  features('feature_store_publish', 'Publishing to the feature store', 'feature-store', 'job', 200, { noExpectation: true, timeoutHours: 8 }),
  features('feature_store_search', 'Feature search', 'feature-store', 'click', 35),
  features('feature_join', 'Point-in-time joins', 'feature-store', 'task', 280),
  features('backfill_features', 'Backfills', 'pipelines', 'job', 900),
  features('transform_pipeline', 'Transformation pipelines', 'pipelines', 'task', 420),
  features('feature_lineage', 'Feature lineage', 'feature-store', 'click', 55, { core: true }),
  features('embedding_builder', 'Embeddings', 'pipelines', 'task', 700),
  features('feature_stats', 'Feature statistics', 'feature-store', 'click', 45),
  features('feature_access', 'Access to features', 'feature-store', 'task', 75),

  training('train_model', 'Model training', 'trainer', 'job', 2400, { core: true }),
  training('hyperparameter_sweep', 'Hyper-parameter sweeps', 'trainer', 'job', 1500, { ignoreRepeats: true, noExpectation: true }),
  training('experiment_tracking', 'Experiment tracking', 'experiments', 'click', 90, { core: true }),
  training('compare_runs', 'Run comparison', 'experiments', 'click', 80),
  training('distributed_training', 'Distributed training', 'trainer', 'job', 3000, { noExpectation: true }),
  training('gpu_request', 'GPU requests', 'resources', 'task', 240),
  training('model_evaluation', 'Model evaluation', 'experiments', 'click', 100, { core: true }),
  training('training_image', 'Training images', 'resources', 'task', 330),
  training('resume_checkpoint', 'Resuming from checkpoints', 'trainer', 'task', 260),
  training('dataset_split', 'Dataset splits', 'trainer', 'task', 150),
  training('auto_ml', 'AutoML', 'trainer', 'job', 1800),
  training('training_profiler', 'Training profiler', 'experiments', 'task', 380),
  training('register_model', 'Model registry', 'registry', 'task', 110),

  deployment('deploy_endpoint', 'Endpoint deployment', 'serving', 'job', 600, { core: true }),
  deployment('batch_scoring', 'Batch scoring', 'serving', 'job', 800),
  deployment('model_approval', 'Model approval', 'registry', 'task', 200),
  deployment('canary_release', 'Canary releases', 'serving', 'task', 450, { noExpectation: true }),
  deployment('rollback', 'Rollback', 'serving', 'task', 160, { noExpectation: true }),
  deployment('autoscaling', 'Autoscaling', 'serving', 'task', 220, { noExpectation: true }),
  deployment('monitoring_dashboard', 'Monitoring', 'monitoring', 'click', 120, { core: true }),
  deployment('drift_alerts', 'Drift alerts', 'monitoring', 'task', 190),
  deployment('endpoint_logs', 'Endpoint logs', 'monitoring', 'click', 65),
  deployment('api_keys', 'Endpoint keys', 'serving', 'task', 50),
  deployment('shadow_traffic', 'Shadow traffic', 'serving', 'task', 340),
  deployment('cost_report', 'Cost report', 'monitoring', 'click', 75),
  deployment('pipeline_release', 'Release pipelines', 'serving', 'task', 380, { noExpectation: true }),
];
