/** A rule of the rules file that is not built in: declared in full, over what is counted anyway. */
import { SYMBOLS, type Level } from '../../../schemas/records.ts';
import { isFields, isOneOf, readFields } from './fields.ts';
import type { Complain, Fields } from './fields.ts';
import { checkSummary, checkThreshold, COMMON_FIELDS, readLife } from './life.ts';
import { CLASS_OF, LIFE } from './rules.ts';
import type { Condition, Counted, Rule } from './rules.ts';

const FIELDS = [...COMMON_FIELDS, 'dimension', 'signal_class', 'counted', 'conditions', 'harmed'] as const;
const CONDITION_FIELDS = ['level', 'op', 'threshold', 'of'] as const;

/** Those that evidence has a row of. */
const LEVELS = ['beginner', 'intermediate', 'expert', 'infrequent'] as const satisfies readonly Level[];
const DIMENSIONS = SYMBOLS.Dimension;
const COUNTED = ['saw', 'keeps', 'median', 'stuck', 'used'] as const satisfies readonly Counted[];
const CLASSES = SYMBOLS.SignalClass;
const OPS = ['>', '<', '<='] as const satisfies readonly Condition['op'][];
const OF = ['share', 'expected', 'experts'] as const satisfies readonly Condition['of'][];

/** What a person may have meant who left it out. */
const REQUIRED: Readonly<Record<Exclude<(typeof FIELDS)[number], 'minimum_cohort' | `${string}_hours`>, string>> = {
  version: 'a whole number from 1 on, which counts up with every change',
  summary: 'a sentence for people, such as "{beginner} of beginners meet {error} on {title}."',
  dimension: `one of ${DIMENSIONS.join(', ')}`,
  signal_class: `one of ${CLASSES.join(', ')}`,
  counted: `one of ${COUNTED.join(', ')}`,
  conditions: 'a list of {level, op, threshold, of}',
  harmed: `a list of levels, those whose trouble it is (${LEVELS.join(', ')})`,
};

/** Rules are named in topics, tables and summaries: one word. */
const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Null where anything is wrong, and `complain` has been told of all of it. */
export function declareRule(id: string, fields: Fields, complain: Complain): Rule | null {
  const told: string[] = [];
  const tell: Complain = (field, problem) => {
    told.push(field);
    complain(field, problem);
  };
  if (!ID.test(id)) tell('', 'is no name for a rule: lower-case words and digits with hyphens between them, such as error-experts');
  const read = readFields(fields, FIELDS, tell);
  for (const [name, what] of Object.entries(REQUIRED)) read.required(name, what);
  const version = read.whole('version', 1, 'a whole number that counts up with every change');
  const dimension = read.word('dimension', DIMENSIONS);
  const counted = read.word('counted', COUNTED);
  const signalClass = read.word('signal_class', CLASSES);
  if (counted !== undefined && signalClass !== undefined && CLASS_OF[counted] !== signalClass) tell('signal_class', `must be ${CLASS_OF[counted]} where counted is ${counted}`);
  const conditions = conditionsOf(read.list('conditions') ?? [], counted, tell);
  const harmed = harmedOf(read.list('harmed') ?? [], conditions, tell);
  const life = readLife(read, LIFE);
  const summary = read.text('summary');
  if (summary !== undefined && counted !== undefined) checkSummary(summary, { counted, conditions }, tell);
  if (told.length > 0 || version === undefined || dimension === undefined || counted === undefined || signalClass === undefined || summary === undefined) return null;
  return { id, version, dimension, signal_class: signalClass, counted, conditions, harmed, ...life, summary };
}

function conditionsOf(given: readonly unknown[], counted: Counted | undefined, complain: Complain): Condition[] {
  const named = new Set<Level>();
  return given.flatMap((fields, n) => {
    const at = `conditions[${String(n)}]`;
    if (!isFields(fields)) {
      complain(at, `must be a map with ${CONDITION_FIELDS.join(', ')}`);
      return [];
    }
    const read = readFields(fields, CONDITION_FIELDS, complain, `${at}.`);
    for (const name of CONDITION_FIELDS) read.required(name, { level: `one of ${LEVELS.join(', ')}`, op: `one of ${OPS.join(', ')}`, threshold: 'a number', of: `one of ${OF.join(', ')}` }[name]);
    const [level, op, of, threshold] = [read.word('level', LEVELS), read.word('op', OPS), read.word('of', OF), read.number('threshold')];
    if (level !== undefined && named.has(level)) complain(`${at}.level`, `is ${level} a second time: a level has one condition`);
    if (level !== undefined) named.add(level);
    if (of !== undefined && counted !== undefined && (counted === 'median') !== (of !== 'share')) complain(`${at}.of`, counted === 'median' ? 'must be expected or experts where counted is median' : `must be share where counted is ${counted}`);
    if (of === 'experts' && level === 'expert') complain(`${at}.of`, 'must not be experts for the experts themselves');
    const checked = threshold === undefined || of === undefined ? null : checkThreshold(threshold, of, `${at}.threshold`, complain);
    return level === undefined || op === undefined || of === undefined || checked === null ? [] : [{ level, op, threshold: checked, of }];
  });
}

/** A harmed level without a condition could neither be shown to be harmed nor to have recovered. */
function harmedOf(given: readonly unknown[], conditions: readonly Condition[], complain: Complain): Level[] {
  return given.flatMap((level, n) => {
    const at = `harmed[${String(n)}]`;
    if (!isOneOf(level, LEVELS)) complain(at, `must be one of ${LEVELS.join(', ')}`);
    else if (!conditions.some((condition) => condition.level === level)) complain(at, `is ${level}, for which the rule has no (valid) condition`);
    else if (given.indexOf(level) !== n) complain(at, `is ${level} a second time`);
    else return [level];
    return [];
  });
}
