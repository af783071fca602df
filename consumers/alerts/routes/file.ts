/**
 * The routes file (ALERTS_ROUTES), JSON or YAML; docs/alerts.md is for those who write it. What it leaves out has defaults that nobody needs to mute: SoP to
 * people in working hours, ET as a weekly digest, one notice per group, none for what was only updated or reclassified.
 */
import { parse } from 'yaml';
import { SYMBOLS } from '../../../schemas/records.ts';
import { TELLABLE, type Match, type Tellable } from './course.ts';
import { readMap, type FieldsReader, type Problems } from './fields.ts';
import { SEVERITIES } from './severity.ts';
import { isForPeople, readSmtp, readTarget, type Secrets, type Target, type TargetContext } from './targets.ts';
import { isTimeZone, readHours, readWhen, WORKING_HOURS, type When } from './when.ts';

export class RoutesError extends Error {
  readonly code = 'ROUTES';
}

/** One consumer group each. */
export interface Route {
  /** The route's in the file; with a dimension or an owner behind it where one route of the file is several. */
  readonly name: string;
  readonly match: Match;
  readonly tell: readonly Tellable[];
  readonly grouped: boolean;
  readonly to: Target;
  readonly when: When;
}

const TOP = ['time_zone', 'working_hours', 'smtp', 'owners', 'routes'] as const;
const ROUTE = ['match', 'to', 'when', 'tell', 'grouped'] as const;
const MATCH = ['dimension', 'stage', 'feature', 'owner', 'severity'] as const;
const DIMENSIONS = SYMBOLS.Dimension;
const STAGES = SYMBOLS.Stage;
const DEFAULT_TELL: readonly Tellable[] = ['opened', 'resolved'];
/** Of ALERTS_WEBHOOK_URL, in metrics and in the log; its group is `alerts`. */
export const DEFAULT_ROUTE = 'alerts';
/** They name consumer groups and are labels of metrics. */
const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Throws RoutesError with every problem, each naming its route and field. */
export function readRoutes(text: string, secrets: Secrets): readonly Route[] {
  let file: unknown;
  try {
    file = parse(text);
  } catch (cause) {
    throw new RoutesError(`the routes file is neither JSON nor YAML: ${(cause as Error).message}`, { cause });
  }
  const told: string[] = [];
  const problems: Problems = { tell: (at, problem) => told.push(at === '' ? `the file ${problem}` : `${at} ${problem}`) };
  const routes = readAll(file, secrets, problems);
  for (const { name } of routes) if (routes.filter((other) => other.name === name).length > 1) told.push(`${name} is the name of two routes, once owners and dimensions are told apart`);
  if (told.length > 0) throw new RoutesError(`the routes file has ${told.length} problem(s):\n  ${[...new Set(told)].join('\n  ')}`);
  return routes;
}

function readAll(file: unknown, secrets: Secrets, problems: Problems): readonly Route[] {
  const top = readMap(file, '', TOP, problems);
  if (top === null) return [];
  const timeZone = top.text('time_zone') ?? 'UTC';
  if (!isTimeZone(timeZone)) problems.tell('time_zone', `must be a name like Europe/Berlin, and is ${timeZone}`);
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  const working = top.has('working_hours') ? readHours(top.raw('working_hours'), 'working_hours', zone, problems) : { ...WORKING_HOURS, timeZone: zone };
  const targets: TargetContext = { secrets, problems, smtp: top.has('smtp') ? readSmtp(top.raw('smtp'), secrets, problems) : null };
  const owners = top.named('owners').flatMap(([owner, value]): OwnerTarget[] => {
    const to = readTarget(value, `owners.${owner}`, targets);
    return to === null ? [] : [{ owner, to }];
  });
  const routes = top.named('routes');
  if (routes.length === 0) problems.tell('routes', 'is missing or empty: a map from names to routes');
  return routes.flatMap(([name, value]) => {
    const at = `routes.${name}`;
    if (name === DEFAULT_ROUTE) problems.tell(at, 'has the name of the route of ALERTS_WEBHOOK_URL');
    if (!NAME.test(name)) problems.tell(at, 'has a name that is not made of lower-case letters, digits and hyphens (40 at most)');
    const fields = readMap(value, at, ROUTE, problems);
    return fields === null ? [] : readRoute(name, fields, { zone, working: working ?? { ...WORKING_HOURS, timeZone: zone }, owners, targets });
  });
}

interface OwnerTarget {
  readonly owner: string;
  readonly to: Target;
}
interface Context {
  readonly zone: string;
  readonly working: Parameters<typeof readWhen>[2]['working'];
  readonly owners: readonly OwnerTarget[];
  readonly targets: TargetContext;
}

function readRoute(name: string, fields: FieldsReader, { zone, working, owners, targets }: Context): readonly Route[] {
  const match = readMatch(fields);
  const tell = fields.words('tell', TELLABLE) ?? DEFAULT_TELL;
  const grouped = fields.flag('grouped') ?? true;
  const when = fields.has('when') ? readWhen(fields.raw('when'), `${fields.at}.when`, { zone, working }, targets.problems) : null;
  return targetsOf(name, fields, match, owners, targets).flatMap((route): Route[] => {
    if (route.to.kind === 'alertmanager') return [readState(route, fields)];
    const common = { tell, grouped, to: route.to };
    if (when !== null) return [{ ...route, ...common, when }];
    if (!isForPeople(route.to)) return [{ ...route, ...common, when: { kind: 'always' } }];
    // What people get at once and what they get once a week are two positions in the log: two routes.
    const dimensions = match.dimension ?? DIMENSIONS;
    return dimensions.map((dimension): Route => ({
      name: dimensions.length === 1 ? route.name : `${route.name}.${dimension.toLowerCase()}`,
      match: { ...route.match, dimension: [dimension] },
      ...common,
      when: dimension === 'SoP' ? { kind: 'hours', hours: working } : { kind: 'digest', weekly: { days: [1], at: 9 * 60, timeZone: zone } },
    }));
  });
}

interface Addressed {
  readonly name: string;
  readonly match: Match;
  readonly to: Target;
}

/** Alertmanager is told how things stand; when, to whom and in which groups it tells is its own configuration. */
function readState(route: Addressed, fields: FieldsReader): Route {
  for (const name of ['when', 'tell', 'grouped']) if (fields.has(name)) fields.tell(name, 'has no place where an Alertmanager is told: that has its own routes, groups and times');
  return { ...route, tell: TELLABLE, grouped: false, when: { kind: 'always' } };
}

function readMatch(fields: FieldsReader): Match {
  const match = fields.map('match', MATCH);
  return {
    dimension: match?.words('dimension', DIMENSIONS) ?? null, stage: match?.words('stage', STAGES) ?? null, feature: match?.texts('feature') ?? null,
    severity: match?.words('severity', SEVERITIES) ?? null, owner: match?.texts('owner') ?? null, exceptOwners: null,
  };
}

/** `to: { owners: { otherwise: … } }` is a route per owner of the file, and one for what none of them owns: a dead receiver of one holds up no other. */
function targetsOf(name: string, fields: FieldsReader, match: Match, owners: readonly OwnerTarget[], targets: TargetContext): readonly Addressed[] {
  const { problems } = targets;
  const at = `${fields.at}.to`;
  const given = fields.raw('to');
  if (given === undefined) {
    fields.tell('to', 'is missing: where notices go');
    return [];
  }
  const toOwners = typeof given === 'object' && given !== null && 'owners' in given ? fields.map('to', ['owners'])?.map('owners', ['otherwise']) : undefined;
  if (toOwners === undefined) {
    const to = readTarget(given, at, targets);
    return to === null ? [] : [{ name, match, to }];
  }
  if (owners.length === 0) problems.tell(at, 'goes to owners, and the file has no owners');
  if (match.owner !== null) problems.tell(`${fields.at}.match.owner`, 'has no place in a route that goes to owners');
  if (toOwners === null) return [];
  if (!toOwners.has('otherwise')) toOwners.tell('otherwise', 'is missing: where the notices of features go that none of the owners owns');
  const rest = toOwners.has('otherwise') ? readTarget(toOwners.raw('otherwise'), `${at}.owners.otherwise`, targets) : null;
  return [
    ...owners.map(({ owner, to }) => ({ name: `${name}.${slug(owner)}`, match: { ...match, owner: [owner] }, to })),
    ...(rest === null ? [] : [{ name, match: { ...match, exceptOwners: owners.map(({ owner }) => owner) }, to: rest }]),
  ];
}

const slug = (owner: string): string => owner.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
