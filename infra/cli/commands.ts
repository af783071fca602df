/**
 * What the binary can be asked for: a service each, and the tools around them.
 * Commands are loaded when they are asked for, so that a service starts with its own dependencies only.
 */
import { SettingsError } from '../settings.ts';
import { exitWhenPrinted } from './output.ts';
import { serviceCommand } from './services.ts';

export interface Command {
  readonly summary: string;
  /** Resolves to the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  up: { summary: 'everything on one machine, with the demo (`npm start`)', run: async (args) => (await import('./up.ts')).up(args) },
  collector: serviceCommand('collector', 'HTTP in, platform.events out'),
  processor: serviceCommand('processor', 'platform.events in, signals out'),
  analyzer: serviceCommand('analyzer', 'signals in; levels, bottlenecks and challenges out'),
  sink: serviceCommand('sink', 'every topic with a table into ClickHouse'),
  alerts: serviceCommand('alerts', 'challenges to webhooks, chat, e-mail and Alertmanager'),
  dashboard: serviceCommand('dashboard', 'the web page: challenges as they open, evidence, levels, stages, pipeline, catalog'),
  canary: { summary: 'a service of its own: events that must come through, and rehearsals from which challenges must come', run: async (args) => (await import('./canary.ts')).canary(args) },
  catalog: { summary: 'features and users from a file: apply, and what is missing', run: async (args) => (await import('./catalog.ts')).catalog(args) },
  simulate: { summary: "the paper's platform, posted to a collector", run: async (args) => (await import('./simulate.ts')).simulate(args) },
  'dead-letters': { summary: 'what could not be processed: list, show, replay', run: async (args) => (await import('./deadLetters.ts')).deadLetters(args) },
  'erase-user': { summary: 'a user disappears; --verify lists what is left', run: async (args) => (await import('./eraseUser.ts')).eraseUser(args) },
  evidence: { summary: 'why a challenge is one: in words, in numbers, and the SQL that gives the numbers again', run: async (args) => (await import('./evidence.ts')).evidence(args) },
  challenge: { summary: 'what you do about a challenge: acknowledge, snooze, assign, comment, fixed, useful, not-useful, reopen; and what came of it: effect', run: async (args) => (await import('./challenge.ts')).challenge(args) },
  'watch-list': { summary: "what nearly holds: the last midnight's findings that are no challenges, ranked", run: async (args) => (await import('./watchList.ts')).watchList(args) },
  backtest: { summary: 'what rules would have found over the history, and the difference from the current ones', run: async (args) => (await import('./backtest.ts')).backtest(args) },
  topics: { summary: 'creates what is missing of the topics, where services may not', run: async (args) => (await import('./topics.ts')).topics(args) },
  acls: { summary: "the rights of each service's user on a secured Kafka, as commands for kafka-acls.sh", run: async (args) => (await import('./acls.ts')).acls(args) },
  migrate: { summary: 'makes what is missing of the tables in ClickHouse, where the sink may not', run: async (args) => (await import('./migrate.ts')).migrate(args) },
  'clickhouse-access': { summary: 'the rights of services and people in ClickHouse, as SQL', run: async (args) => (await import('./clickhouseAccess.ts')).clickhouseAccess(args) },
  settings: { summary: 'every setting, its default and what it does', run: async (args) => (await import('./settings.ts')).settings(args) },
  metrics: { summary: 'every metric, its labels and what it says', run: async (args) => (await import('./metrics.ts')).metrics(args) },
  doctor: { summary: 'what is missing or wrong: this machine, topics, schemas, tables, lag, clocks; and what to do', run: async (args) => (await import('./doctor.ts')).doctor(args) },
};

function usage(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['usage: npm run chokepoint -- <command> [--help | options]', '', ...lines, '', 'Settings are environment variables: README.md lists them.'].join('\n');
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(usage());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    console.error(`chokepoint: no command '${name}'\n\n${usage()}`);
    return 2;
  }
  return command.run(args);
}

/** Errors that a person can mend are one line (or a list); others keep their stack. */
function report(error: unknown): void {
  if (error instanceof SettingsError) console.error(error.message);
  else if (error instanceof Error && 'code' in error) console.error(`chokepoint: ${error.message}`);
  else console.error(error);
}

main(process.argv.slice(2)).then(exitWhenPrinted, (error: unknown) => {
  report(error);
  exitWhenPrinted(1);
});
