/**
 * Who may do what on a cluster that asks: a user per service and app, each with no more than its service needs. `chokepoint acls` prints the table as
 * commands, and docs/security.md shows it; the whole flow runs with these rights alone in test/integration/secured.test.ts.
 */
import { REHEARSAL, TOPICS, appName, topicName, type TopicId } from '../../schemas/topics.ts';

export type Operation = 'Read' | 'Write' | 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs' | 'AlterConfigs';

/** The same operations on several resources of a kind. */
export interface Right {
  readonly resource: 'topic' | 'group' | 'transactional-id';
  readonly operations: readonly Operation[];
  readonly names: readonly string[];
  /** What begins with the names. */
  readonly prefixed: boolean;
  readonly why: string;
}

const ALL = Object.keys(TOPICS) as TopicId[];
/** What lands in ClickHouse. */
const SUNK = ALL.filter((id) => TOPICS[id].table !== null);
const SIGNALS = ['actions', 'errors', 'times'] as const satisfies readonly TopicId[];
const GROUPS = ['processor', 'profile', 'cohort', 'sink', 'alerts'] as const;

/** In the order of the flow. Read and Write imply Describe. */
export const ACL_USERS = ['collector', 'processor', 'analyzer', 'sink', 'alerts', 'dashboard', 'canary', 'operator'] as const;
export type AclUser = (typeof ACL_USERS)[number];

/** The user's name is the service's, named like the app's topics. */
export const userName = (user: AclUser, app: string): string => appName(user, app);

export function rightsOf(user: AclUser, app: string): readonly Right[] {
  const topics = (operations: readonly Operation[], ids: readonly TopicId[], why: string): Right => ({ resource: 'topic', operations, names: ids.map((id) => topicName(id, app)), prefixed: false, why });
  const groups = (operations: readonly Operation[], names: readonly string[], why: string): Right => ({ resource: 'group', operations, names: names.map((name) => appName(name, app)), prefixed: false, why });
  const transactions = (names: readonly string[]): Right => ({ resource: 'transactional-id', operations: ['Write'], names: names.map((name) => appName(`${name}-`, app)), prefixed: true, why: 'a transaction of each task' });
  const atStart = topics(['Describe'], ALL, 'at its start it looks whether the topics are there');
  switch (user) {
    case 'collector':
      return [
        topics(['Write'], ['events', 'users', 'features', 'deadLetters', 'erasures'], 'what is posted'),
        topics(['Read'], SUNK, 'the time that the log has reached; /v1/status, which looks for what the sink has not taken'),
        topics(['Describe'], ALL, 'at its start it looks whether the topics are there; the ends, for /v1/status'),
        groups(['Describe'], GROUPS, '/v1/status'),
      ];
    case 'processor':
      return [topics(['Read'], ['events', 'users', 'features', 'erasures', 'processorChangelog'], 'input, catalog, erasures and state'), topics(['Write'], [...SIGNALS, 'deadLetters', 'processorChangelog'], 'signals, dead letters and state'), atStart, groups(['Read'], ['processor'], 'its group'), transactions(['processor'])];
    case 'analyzer':
      return [
        topics(['Read'], [...SIGNALS, 'features', 'erasures', 'levels', 'partials', 'references', 'profileChangelog', 'cohortChangelog'], 'input, catalog, erasures and whose level they take, and state of both kinds of tasks'),
        topics(['Write'], ['partials', 'levels', 'bottlenecks', 'challenges', 'findings', 'models', 'references', 'profileChangelog', 'cohortChangelog'], 'results and state'),
        atStart, groups(['Read'], ['profile', 'cohort'], 'its groups'), transactions(['profile', 'cohort']),
      ];
    case 'sink':
      return [topics(['Read'], SUNK, 'every topic with a table'), topics(['Read'], ['erasures'], 'whose rows to delete'), groups(['Read'], ['sink'], 'its group')];
    case 'alerts':
      return [topics(['Read'], ['challenges', 'features'], 'its input, and whose a feature is'), groups(['Read'], ['alerts'], 'its group'), { ...groups(['Read'], ['alerts.'], 'a group of each route'), prefixed: true }];
    case 'dashboard':
      return [topics(['Read'], ['challenges'], 'challenges as they open'), topics(['Write'], ['challengeActions'], 'what people do about them'), topics(['Describe'], ALL, 'ends, for lags'), groups(['Describe'], GROUPS, 'positions, for lags')];
    case 'canary': {
      // Of any app: its rehearsals share nothing with one. All services of a rehearsal are this user.
      const rehearsals = (resource: Right['resource'], operations: readonly Operation[], why: string): Right => ({ resource, operations, names: [REHEARSAL], prefixed: true, why });
      return [rehearsals('topic', ['Create', 'Delete', 'Read', 'Write'], 'topics of rehearsals'), rehearsals('group', ['Read', 'Delete'], 'their groups'), rehearsals('transactional-id', ['Write'], 'a transaction of each of their tasks')];
    }
    case 'operator':
      return [
        topics(['Create', 'DescribeConfigs', 'AlterConfigs', 'Read'], ALL, '`chokepoint topics`, `doctor`, `dead-letters list`, `catalog missing`, `backtest`'),
        topics(['Write'], ['events'], '`dead-letters replay`'),
        groups(['Describe'], GROUPS, 'lags'),
      ];
  }
}

const quoted = (text: string): string => `'${text}'`;

/** The commands that give every user its rights, for kafka-acls.sh; $BROKERS and $ADMIN (a properties file of who may) are the reader's. */
export function aclCommands(app: string): string {
  return ACL_USERS.map((user) => [`# ${userName(user, app)}`, ...rightsOf(user, app).flatMap((right) => [`# ${right.why}`, aclCommand(user, app, right)])].join('\n')).join('\n\n');
}

function aclCommand(user: AclUser, app: string, { resource, operations, names, prefixed }: Right): string {
  const parts = [
    `--allow-principal ${quoted(`User:${userName(user, app)}`)}`, ...operations.map((operation) => `--operation ${operation}`),
    ...(prefixed ? ['--resource-pattern-type prefixed'] : []), ...names.map((name) => `--${resource} ${quoted(name)}`),
  ];
  return `kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$ADMIN" --add ${parts.join(' ')}`;
}
