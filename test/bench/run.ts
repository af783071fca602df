/** `npm run bench -- NAME [options]`: what is measured and how to read it is in docs/benchmarks.md, docs/benchmarks-analyzer.md and docs/producers.md. */
import { subjectOf, UsageError } from '../../infra/cli/arguments.ts';
import { runAnalyzer } from './analyzer/command.ts';
import { runCollector } from './collector/command.ts';
import type { Finished } from './options.ts';
import { runProcessor } from './processorCommand.ts';
import { runQuestions } from './questions/command.ts';
import { runSdk } from './sdk/command.ts';
import { runSink } from './sink/command.ts';

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<Finished | null>>> = { processor: runProcessor, analyzer: runAnalyzer, collector: runCollector, questions: runQuestions, sdk: runSdk, sink: runSink };

async function main(args: readonly string[]): Promise<number> {
  const [name, options] = subjectOf(args);
  const bench = BENCHES[name ?? ''];
  if (bench === undefined) throw new UsageError(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json] [options]; --help lists them`);
  const finished = await bench(options);
  if (finished === null) return 0;
  console.error(`\n${finished.table}`);
  if (finished.json) console.log(JSON.stringify(finished.result));
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(1);
  },
);
