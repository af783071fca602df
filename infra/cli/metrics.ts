/** `chokepoint metrics`: every metric as docs/metrics.md lists it. */
import { describeMetrics } from '../service/metrics.ts';
import { readArguments } from './arguments.ts';

export async function metricsMarkdown(): Promise<string> {
  const rows = (await describeMetrics()).map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`);
  return ['| metric | type | labels | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

export async function metrics(args: readonly string[]): Promise<number> {
  if (readArguments('metrics', {}, args) !== null) console.log(await metricsMarkdown());
  return 0;
}
