/** The oracle's rows and production's as lines; what only one of them has. */
import type { Challenge, Evidence, Finding } from '../../schemas/records.ts';
import type { OracleChallenge, OracleFinding, OracleResult } from './oracle.ts';

export interface Rows {
  readonly challenges: readonly Challenge[];
  readonly findings: readonly Finding[];
}

export interface Differences {
  readonly rows: number;
  /** The oracle's alone, in order. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** To nine places: the last bits of a Wilson interval depend on the order of the arithmetic. */
const number = (value: number | null): string => (value === null ? '-' : String(Number(value.toFixed(9))));

const evidenceText = (evidence: readonly Evidence[]): string =>
  evidence.map(({ level, measure, affected, eligible, value, op, threshold, low, high }) => `${level} ${measure} ${String(affected)}/${String(eligible)} = ${number(value)} ${op ?? ''}${number(threshold)} [${number(low)} ${number(high)}]`).join('; ');

type Head = Pick<Challenge, 'rule_id' | 'stage' | 'feature' | 'signal_class' | 'fingerprint' | 'evaluated_at' | 'model_version'> & { readonly evaluated_to: readonly number[]; readonly evidence: readonly Evidence[] };

const headText = ({ rule_id, stage, feature, signal_class, fingerprint, evaluated_at, evaluated_to, model_version, evidence }: Head): string =>
  `${new Date(evaluated_at).toISOString().slice(0, 13)} ${rule_id} ${stage}/${feature} ${signal_class} ${fingerprint?.slice(0, 6) ?? ''} model ${String(model_version)} to ${evaluated_to.join()} ${evidenceText(evidence)}`;

const findingText = (finding: Head & Pick<OracleFinding, 'state'>): string => `finding ${finding.state} ${headText(finding)}`;

interface ChallengeRest {
  readonly dimension: string;
  readonly status: string;
  readonly opened_at: number;
  readonly resolution: string | null;
  readonly window_from: number;
  readonly teams: readonly { readonly team: string; readonly affected: number; readonly eligible: number }[];
  readonly sample_event_ids: readonly string[];
}

/** `named`: which challenge and which group, in a way that both sides have. */
const challengeText = (challenge: Head & ChallengeRest, named: string): string =>
  `challenge ${challenge.status} ${challenge.dimension} ${challenge.resolution ?? ''} opened ${String(challenge.opened_at)} ${headText(challenge)} from ${String(challenge.window_from)} teams ${challenge.teams.map(({ team, affected, eligible }) => `${team} ${String(affected)}/${String(eligible)}`).join()} samples ${challenge.sample_event_ids.join()} ${named}`;

/** Ids are told by the first row that has them: equal names for equal ids, whatever the ids are. */
function namer(): (id: string, first: string) => string {
  const names = new Map<string, string>();
  return (id, first) => {
    const name = names.get(id) ?? first;
    names.set(id, name);
    return name;
  };
}

const byTickAndRule = (a: Head, b: Head): number => a.evaluated_at - b.evaluated_at || (`${a.rule_id}/${a.feature}/${a.fingerprint ?? ''}` < `${b.rule_id}/${b.feature}/${b.fingerprint ?? ''}` ? -1 : 1);

const nameOf = ({ rule_id, feature, fingerprint, opened_at }: Pick<Challenge, 'rule_id' | 'feature' | 'fingerprint' | 'opened_at'>): string => `${rule_id}/${feature}/${fingerprint ?? ''}@${String(opened_at)}`;

const oracleLines = ({ challenges, findings }: Pick<OracleResult, 'challenges' | 'findings'>): string[] => {
  const group = namer();
  const lines = challenges.toSorted(byTickAndRule).map((one: OracleChallenge) => challengeText(one, `${one.regressed ? 'regressed ' : ''}id ${nameOf(one)} group ${group(one.group, nameOf(one))}`));
  return [...lines, ...findings.map(findingText)];
};

const productionLines = ({ challenges, findings }: Rows): string[] => {
  const [group, id] = [namer(), namer()];
  const lines = challenges.toSorted(byTickAndRule).map((one) => challengeText(one, `${one.summary.includes('(regressed)') ? 'regressed ' : ''}id ${id(one.challenge_id, nameOf(one))} group ${group(one.group_id, nameOf(one))}`));
  const twice = challenges.filter(({ status, resolved_at, evaluated_at, window_to }) => resolved_at !== (status === 'resolved' ? evaluated_at : null) || window_to !== evaluated_at).map((one) => `inconsistent: ${nameOf(one)}`);
  return [...lines, ...twice, ...findings.map(findingText)];
};

/** As multisets. */
export function compare(oracle: Pick<OracleResult, 'challenges' | 'findings'>, production: Rows): Differences {
  const [expected, actual] = [oracleLines(oracle), productionLines(production)];
  return { rows: expected.length, expected: without(expected, actual), actual: without(actual, expected) };
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  }).sort();
}
