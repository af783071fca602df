/** Records as the other services write them. */
import type { InRecord } from '../../../infra/ports.ts';
import type { ActionSignal, Bottleneck, Challenge, ChallengeAction, DeadLetter, ErrorSignal, ExpertiseLevel, ExpertiseModel, Feature, Finding, PlatformEvent, TimeSignal, User } from '../../../schemas/records.ts';

export const T0 = Date.UTC(2025, 6, 14, 9);

export const inRecord = (topic: string, offset: number, value: Buffer | null, rest: Partial<InRecord> = {}): InRecord => ({ topic, partition: 0, offset, timestamp: T0 + offset, key: null, value, headers: {}, ...rest });

export const event = (changes: Partial<PlatformEvent> = {}): PlatformEvent => ({
  event_id: 'e1', user_id: 'u1', session_id: null, occurred_at: T0, sent_at: null, received_at: T0 + 5, source: 'sdk', type: 'interaction', feature: 'notebook', action: 'open', task_id: null, outcome: null,
  duration_ms: null, waiting_ms: null, release: null, error: null, properties: {}, ...changes,
});

const head = {
  signal_id: 's1', event_id: 'e1', user_id: 'u1', session_id: null, occurred_at: T0, received_at: T0 + 5, source: 'sdk', stage: 'training' as const, feature: 'notebook', tool: 'lab',
  user: { team: 'search', role: 'scientist', org: 'x', joined_at: T0 - 1 }, release: null, origin_offset: 10, ordinal: 0, watermark: T0, properties: {},
};
export const actionSignal = (changes: Partial<ActionSignal> = {}): ActionSignal => ({ ...head, action: 'open', task_id: null, outcome: null, ...changes });
export const errorSignal = (changes: Partial<ErrorSignal> = {}): ErrorSignal => ({ ...head, code: 'OOM', message: 'out of memory', cause: 'platform', fingerprint: 'f1', ...changes });
export const timeSignal = (changes: Partial<TimeSignal> = {}): TimeSignal => ({ ...head, measure: 'completion', duration_ms: 1_000, expected_ms: null, censored: false, ...changes });

export const user = (changes: Partial<User> = {}): User => ({ user_id: 'u1', team: 'search', role: 'scientist', org: 'x', joined_at: T0, ...changes });
export const feature = (changes: Partial<Feature> = {}): Feature => ({ feature: 'notebook', title: 'Notebook', stage: 'training', tool: 'lab', core: true, expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false, ...changes });
export const level = (changes: Partial<ExpertiseLevel> = {}): ExpertiseLevel => ({ user_id: 'u1', level: 'beginner', since: T0, model_version: T0, score: -0.5, ...changes });
export const bottleneck = (changes: Partial<Bottleneck> = {}): Bottleneck => ({ user_id: 'u1', stage: 'training', dimension: 'ET', status: 'opened', since: T0, evaluated_at: T0, reasons: ['errors'], score: 2.5, level: 'beginner', ...changes });
export const deadLetter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
  dead_letter_id: 'd1', reason: 'invalid', detail: 'no action', step: 'validate', origin_topic: 'platform.events', origin_partition: 0, origin_offset: 3, original: Buffer.from([0, 255, 10, 34, 92]), event_id: null, failed_at: T0, ...changes,
});
const evidence = [{ level: 'beginner' as const, measure: 'share' as const, affected: 6, eligible: 10, value: 0.6, op: '>', threshold: 0.5, low: 0.31, high: 0.83 }];
export const finding = (changes: Partial<Finding> = {}): Finding => ({ rule_id: 'error-novices', stage: 'training', feature: 'notebook', signal_class: 'error', fingerprint: 'f1', state: 'near', evidence, evaluated_at: T0, evaluated_to: [10, -1], model_version: T0, ...changes });
export const challenge = (changes: Partial<Challenge> = {}): Challenge => ({
  challenge_id: 'c1', rule_id: 'error-novices', rule_version: 1, dimension: 'ET', stage: 'training', feature: 'notebook', signal_class: 'error', fingerprint: 'f1', status: 'opened', opened_at: T0, evaluated_at: T0,
  resolved_at: null, window_from: T0, window_to: T0, model_version: T0, evaluated_to: [10, -1], group_id: 'g1', evidence, teams: [{ team: 'search', affected: 6, eligible: 10 }], sample_event_ids: ['e1'], summary: 's', resolution: null, ...changes,
});
export const model = (changes: Partial<ExpertiseModel> = {}): ExpertiseModel => ({
  version: T0, trained_at: T0, effective_from: T0 + 1, decision: 'new', why: 'gates passed', trained_on: { from: T0 - 9, to: T0, users: 393 }, features: ['a', 'b'], scaling: [{ low: 0, high: 1, center: 0.5, scale: 0.1 }],
  centroids: [[0.5, -1e-7], [1, 2]], labels: ['beginner', 'expert'], sizes: [190, 85], silhouette: 0.3, churn: null, gate_failures: [], moved_users: 1, moved_model: 2, seed: 7, ...changes,
});
export const challengeAction = (changes: Partial<ChallengeAction> = {}): ChallengeAction => ({ action_id: 'a1', challenge_id: 'c1', kind: 'acknowledged', at: T0, by: 'ada', until: null, assignee: null, text: null, ...changes });
