/** A challenge as the analyzer writes it. */
import type { Challenge } from '../../../schemas/records.ts';

const OPENED = Date.UTC(2025, 6, 14, 9);
const DAY_MS = 86_400_000;

export function challenge(changes: Partial<Challenge> = {}): Challenge {
  return {
    challenge_id: 'c1', rule_id: 'error-novices', rule_version: 1, dimension: 'ET', stage: 'training', feature: 'train-job', signal_class: 'error', fingerprint: 'f1', status: 'opened',
    opened_at: OPENED, evaluated_at: OPENED, resolved_at: null, window_from: OPENED - 14 * DAY_MS, window_to: OPENED, model_version: 1, evaluated_to: [10, 20], group_id: 'g1',
    evidence: [
      { level: 'expert', measure: 'share', affected: 2, eligible: 80, value: 0.025, op: '<', threshold: 0.1, low: 0.01, high: 0.09 },
      { level: 'beginner', measure: 'share', affected: 60, eligible: 100, value: 0.6, op: '>', threshold: 0.5, low: 0.5, high: 0.69 },
    ],
    teams: [{ team: 'search', affected: 9, eligible: 10 }, { team: 'ads', affected: 1, eligible: 10 }],
    sample_event_ids: ['e1'], summary: 'Beginners keep meeting OOM on train-job.', resolution: null, ...changes,
  };
}
