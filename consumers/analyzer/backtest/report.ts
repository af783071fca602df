/** A backtest for people, and for machines: the last line of `--json`. Times are ISO 8601, UTC. */
import type { Rule } from '../rules/rules.ts';
import { isSame } from './differences.ts';
import type { Change } from './differences.ts';
import type { Course, Episode } from './episodes.ts';
import { utc } from './run.ts';
import type { Covered } from './run.ts';

export interface Side {
  /** What people call the rules: a file, or "the built-in rules". */
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly courses: readonly Course[];
}

export interface Backtest {
  readonly covered: Covered;
  readonly current: Side;
  /** Null: only the current rules were run. */
  readonly tried: Side | null;
  /** Empty where nothing was tried. */
  readonly changes: readonly Change[];
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

const hours = (from: number, to: number): number => (to - from) / HOUR_MS;

/** "12 h", "3 d", "3 d 12 h". */
function span(of: number): string {
  const [days, rest] = [Math.floor(of / DAY_HOURS), of % DAY_HOURS];
  return [...(days > 0 ? [`${String(days)} d`] : []), ...(rest > 0 || days === 0 ? [`${String(Math.round(rest * 10) / 10)} h`] : [])].join(' ');
}

const nameOf = ({ rule_id, finding: { stage, feature, fingerprint } }: Pick<Course, 'rule_id' | 'finding'>): string => `${rule_id} on ${stage}/${feature}${fingerprint === null ? '' : ` ${fingerprint}`}`;

const lifeOf = ({ opened_at, resolved_at, resolution }: Episode): string => `opened ${utc(opened_at)}, ${resolved_at === null ? 'still open' : `${resolution ?? ''} ${utc(resolved_at)}`}`;

const times = (count: number): string => (count === 1 ? 'once' : `${String(count)} times`);
const counted = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? '' : 's'}`;

function courseLines(course: Course, to: number): string[] {
  const { episodes, flaps, crossings } = course;
  return [
    `  ${nameOf(course)}: began to hold ${times(crossings)}, ${counted(flaps, 'flap')}`,
    ...episodes.map((episode) => `    ${lifeOf(episode)}, ${span(hours(episode.opened_at, episode.resolved_at ?? to))}, ${counted(episode.updates, 'update')}. ${episode.summary}`),
  ];
}

/** "12 h later", "the same". */
const shift = (from: number | null, to: number | null): string =>
  from === to ? 'the same' : from === null ? 'now at all' : to === null ? 'no more' : `${span(hours(Math.min(from, to), Math.max(from, to)))} ${to > from ? 'later' : 'earlier'}`;

function changeLine({ course, current, tried }: Change): string {
  if (current === null || tried === null) {
    const only = current ?? tried;
    return `  ${current === null ? '+' : '-'} ${nameOf(course)}: ${only === null ? '' : `${lifeOf(only)}. ${only.summary}`}`;
  }
  const resolution = current.resolution === tried.resolution ? '' : `, ${tried.resolution ?? 'still open'} instead of ${current.resolution ?? 'still open'}`;
  return `  ~ ${nameOf(course)}: opened ${shift(current.opened_at, tried.opened_at)} (${utc(tried.opened_at)}), resolved ${shift(current.resolved_at, tried.resolved_at)}${resolution}`;
}

/** What to know before believing the numbers. */
export function notesOf({ covered: { begins, isFromBeginning, from }, current, tried }: Backtest): string[] {
  const sameVersion = (tried?.rules ?? []).flatMap((rule) => {
    const known = current.rules.find(({ id, version }) => id === rule.id && version === rule.version);
    return known !== undefined && JSON.stringify(known) !== JSON.stringify(rule) ? [`${rule.id} differs from the current rule and has the same version, ${String(rule.version)}: count it up before it is used, or what is open stays open`] : [];
  });
  return [
    ...(isFromBeginning ? [] : [`the history begins at ${utc(begins)}, ${span(hours(begins, from))} before the range: what was open before is not known, and what held then opens after its hours once more`]),
    ...sameVersion,
  ];
}

function totals({ courses, name }: Side): string {
  const sum = (of: (course: Course) => number, what: string): string => counted(courses.reduce((total, course) => total + of(course), 0), what);
  return `${name}: ${counted(courses.length, 'finding')}, ${sum(({ episodes }) => episodes.length, 'episode')}, ${sum(({ flaps }) => flaps, 'flap')}`;
}

export function reportText(backtest: Backtest): string {
  const { covered: { begins, isFromBeginning, from, to }, current, tried, changes } = backtest;
  const shown = tried ?? current;
  const [only, lost] = [changes.filter((change) => change.current === null).length, changes.filter((change) => change.tried === null).length];
  const same = changes.filter(isSame).length;
  return [
    `Backtest of ${shown.name}, ${utc(from)} to ${utc(to)}; the run-up before it begins at ${utc(begins)}${isFromBeginning ? ', where the platform does' : ''}`,
    ...notesOf(backtest).map((note) => `Note: ${note}`),
    '',
    totals(shown),
    ...shown.courses.flatMap((course) => courseLines(course, to)),
    ...(tried === null
      ? []
      : [
          '',
          totals(current),
          `Difference from ${current.name}: ${String(only)} more (+), ${String(lost)} fewer (-), ${String(changes.length - only - lost - same)} shifted (~), ${String(same)} the same`,
          ...changes.filter((change) => !isSame(change)).map(changeLine),
        ]),
  ].join('\n');
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : utc(at));

function episodeJson(episode: Episode | null, to: number): object | null {
  if (episode === null) return null;
  const { challenge_id, opened_at, resolved_at, resolution, updates, summary } = episode;
  return { challenge_id, opened_at: utc(opened_at), resolved_at: isoOrNull(resolved_at), resolution, hours: hours(opened_at, resolved_at ?? to), updates, summary };
}

const findingJson = ({ rule_id, finding }: Pick<Course, 'rule_id' | 'finding'>): object => ({ rule_id, ...finding });

const sideJson = ({ courses }: Side, to: number): object[] =>
  courses.map((course) => ({ ...findingJson(course), flaps: course.flaps, began_to_hold: course.crossings, episodes: course.episodes.map((episode) => episodeJson(episode, to)) }));

const kindOf = (change: Change): string => (change.current === null ? 'more' : change.tried === null ? 'fewer' : isSame(change) ? 'same' : 'shifted');

/** `findings`: of the rules tried; of the current ones where there are no others. */
export function reportJson(backtest: Backtest): object {
  const { covered: { begins, isFromBeginning, from, to }, current, tried, changes } = backtest;
  return {
    backtest: (tried ?? current).name,
    current: current.name,
    from: utc(from),
    to: utc(to),
    history: { begins: utc(begins), from_beginning: isFromBeginning },
    notes: notesOf(backtest),
    findings: sideJson(tried ?? current, to),
    differences: changes.map((change) => ({ ...findingJson(change.course), change: kindOf(change), current: episodeJson(change.current, to), tried: episodeJson(change.tried, to) })),
  };
}
