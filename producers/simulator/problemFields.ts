/** The problems of a world file: each a feature, what goes wrong there, for whom, when, and which rule is to find it. */
import { Invalid, id, object, oneOf, optionalId, text } from '../collector/fields.ts';
import { CAUSES } from '../collector/validate.ts';
import { number, optionalWhole } from '../files/checks.ts';
import { listOf, onlyFields, type Problems } from '../files/document.ts';
import { perBehaviour, shareOf } from './perBehaviour.ts';
import type { Effect, Problem } from './problems.ts';
import type { Team } from './teams.ts';
import type { FeaturePlan } from './types.ts';

/** The rules of semantics.md section 5, and the kind of problem that each is for. */
const RULES = {
  'error-everyone': { dimension: 'SoP', signal_class: 'error', kind: 'error' },
  'error-novices': { dimension: 'ET', signal_class: 'error', kind: 'error' },
  'slow-everyone': { dimension: 'SoP', signal_class: 'time', kind: 'slow' },
  'slow-novices': { dimension: 'ET', signal_class: 'time', kind: 'slow' },
  'abandoned-everyone': { dimension: 'SoP', signal_class: 'action', kind: 'stuck' },
  'abandoned-novices': { dimension: 'ET', signal_class: 'action', kind: 'stuck' },
  'unused-by-novices': { dimension: 'ET', signal_class: 'action', kind: 'unused' },
} as const;
const RULE_IDS = Object.keys(RULES) as (keyof typeof RULES)[];

const KINDS = ['error', 'slow', 'stuck', 'unused'] as const;
const COMMON = ['feature', 'kind', 'from', 'until', 'ramp', 'finds', 'why'];
const OF_KIND = { error: ['code', 'cause', 'message', 'share', 'rate', 'team'], slow: ['factor'], stuck: ['share', 'rate'], unused: [] } as const;
const DEFAULT_RATE = 0.9;
const MOST_FACTOR = 100;

export interface Around {
  readonly days: number;
  readonly features: readonly FeaturePlan[];
  readonly teams: readonly Team[];
}

export function readProblems(problems: Problems, given: unknown, around: Around): Problem[] {
  const seen = new Set<string>();
  return listOf(problems, ['problems'], given).flatMap((value, index) => problems.check(['problems', index], (): Problem => {
    const fields = object(value, 'the problem');
    const kind = oneOf(fields['kind'], 'kind', KINDS);
    onlyFields(problems, ['problems', index], fields, [...COMMON, ...OF_KIND[kind]]);
    const feature = id(fields['feature'], 'feature');
    const plan = around.features.find(({ entry }) => entry.feature === feature);
    if (plan === undefined) throw new Invalid(`feature ${feature} is not among the features`);
    if (seen.has(feature)) throw new Invalid(`feature ${feature} has a problem already: one of a feature can be told from another's`);
    seen.add(feature);
    if ((kind === 'slow' || kind === 'stuck') && plan.kind === 'click') throw new Invalid(`feature ${feature} is of kind click, which takes no time and cannot fail: make it a task or a job`);
    const finds = fields['finds'] === undefined ? null : oneOf(fields['finds'], 'finds', RULE_IDS);
    if (finds !== null && RULES[finds].kind !== kind) throw new Invalid(`finds ${finds} is for a problem of kind ${RULES[finds].kind}, and this is ${kind}`);
    const from = optionalWhole(fields['from'], 'from', 0, 0, around.days - 1);
    const until = fields['until'] === undefined ? null : optionalWhole(fields['until'], 'until', 0, from + 1);
    return {
      feature, from, until,
      ramp: optionalWhole(fields['ramp'], 'ramp', 0, 0),
      effect: effectOf(kind, fields, around.teams),
      planted: finds === null ? null : { rule_id: finds, dimension: RULES[finds].dimension, signal_class: RULES[finds].signal_class },
      why: finds === null ? text(fields['why'], 'why', 'no rule is to find it') : null,
    };
  }) ?? []);
}

function effectOf(kind: (typeof KINDS)[number], fields: Readonly<Record<string, unknown>>, teams: readonly Team[]): Effect {
  const share = (): ReturnType<typeof perBehaviour> => perBehaviour(fields['share'], 'share', 0, shareOf);
  const rate = fields['rate'] === undefined ? DEFAULT_RATE : shareOf(fields['rate'], 'rate');
  switch (kind) {
    case 'error': {
      const team = optionalId(fields['team'], 'team');
      if (team !== null && !teams.some((one) => one.team === team)) throw new Invalid(`team ${team} is not among the teams`);
      return { kind, share: share(), rate, code: id(fields['code'], 'code'), cause: oneOf(fields['cause'], 'cause', CAUSES), message: text(fields['message'], 'message', ''), ...(team === null ? {} : { team }) };
    }
    case 'slow':
      return { kind, factor: perBehaviour(fields['factor'], 'factor', 1, (value, field) => number(value, field, 0.01, MOST_FACTOR)) };
    case 'stuck':
      return { kind, share: share(), rate };
    case 'unused':
      return { kind };
  }
}
