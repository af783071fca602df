/** Challenge and Finding records from a pair, its numbers and where the tick stands. */
import { hashOf } from '../../../schemas/ids.ts';
import type { Challenge, Finding } from '../../../schemas/records.ts';
import type { CatalogEntry } from '../references.ts';
import type { Subject } from '../rules/counts.ts';
import { evidenceOf, teamsOf } from '../rules/evidence.ts';
import type { Verdict } from '../rules/evaluate.ts';
import { startOfDay, windowOf } from '../time.ts';
import { circularityText } from './circularity.ts';
import type { Details } from './details.ts';
import type { Transition } from './lifecycle.ts';
import type { Pair } from './pairs.ts';
import { summaryOf } from './summary.ts';

/** What every record of a tick carries. */
export interface Standing {
  readonly tick: number;
  /** Version of the model in force; 0 for none. */
  readonly modelVersion: number;
  /** Per partition, the platform.events offset of the record that brought the watermark to the tick; -1 where it began later. */
  readonly evaluatedTo: readonly number[];
}

/** Examples: the error itself, completions, stuck attempts; of what is not done there are none. */
function samplesOf({ rule, finding }: Pair, details: Details): string[] {
  switch (rule.counted) {
    case 'saw':
    case 'keeps':
      return details.samples(finding.feature, 'error', finding.fingerprint);
    case 'median':
      return details.samples(finding.feature, 'time', null);
    case 'stuck':
      return details.samples(finding.feature, 'action', 'stuck');
    case 'used':
      return [];
  }
}

export function challengeOf(pair: Pair, { status, episode, ...transition }: Transition, subject: Subject, entry: CatalogEntry | null, details: Details, standing: Standing): Challenge {
  const { rule, finding, life } = pair;
  const { tick } = standing;
  const resolution = 'resolution' in transition ? transition.resolution : null;
  const evidence = evidenceOf(subject);
  return {
    challenge_id: hashOf(rule.id, finding.stage, finding.feature, finding.signal_class, finding.fingerprint, episode.opened_at),
    rule_id: rule.id,
    rule_version: episode.rule_version,
    dimension: rule.dimension,
    ...finding,
    status,
    opened_at: episode.opened_at,
    evaluated_at: tick,
    resolved_at: status === 'resolved' ? tick : null,
    window_from: startOfDay(windowOf(tick).first),
    window_to: tick,
    model_version: standing.modelVersion,
    evaluated_to: [...standing.evaluatedTo],
    group_id: episode.group_id,
    evidence,
    teams: teamsOf(subject),
    sample_event_ids: samplesOf(pair, details),
    summary: summaryOf({ template: rule.summary, conditions: rule.conditions, title: entry?.title ?? finding.feature, evidence, label: episode.label, g: subject.g, circularity: status !== 'resolved' && pair.verdict?.state === 'holds' ? circularityText(rule, pair.circularity) : '', regressed: life.episodes > 1, resolution }),
    resolution,
  };
}

export function findingOf({ rule, finding }: Pair, verdict: Verdict, subject: Subject, standing: Standing): Finding {
  return {
    rule_id: rule.id,
    ...finding,
    state: verdict.state,
    evidence: evidenceOf(subject),
    evaluated_at: standing.tick,
    evaluated_to: [...standing.evaluatedTo],
    model_version: standing.modelVersion,
  };
}
