/** `npm run verify -- detection`: simulated worlds, judged one after the other. Progress on stderr, the result on stdout. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createWorld } from './history.ts';
import { judgeWorld } from './judge.ts';
import { datedWorld, throughKafka } from './kafkaFlow.ts';
import { throughMemory } from './memoryFlow.ts';
import { planOf } from './plan.ts';
import { linesOf, resultOf, scoreOf, type Score } from './report.ts';

const USAGE = `usage: npm run verify -- detection [options]

  --worlds N    how many worlds; default 50
  --seed S      of all of them; default 1
  --world K     world K alone, to see it again
  --largest U   users of the largest world; default 20000
  --scores F    appends each world's score to F, and takes what is in F for done: a run in pieces, or one that goes on
  --json        the last line is the result

Exit code 1 when production and oracle differ in any row.`;

interface DetectionOptions {
  readonly seed: number;
  readonly numbers: readonly number[];
  readonly largest: number;
  readonly say: (line: string) => void;
  readonly onScore?: (score: Score) => void;
}

async function detect({ seed, numbers, largest, say, onScore }: DetectionOptions): Promise<Score[]> {
  const scores: Score[] = [];
  for (const number of numbers) {
    const plan = planOf(seed, number, largest);
    const isOnKafka = plan.flow === 'kafka';
    const world = isOnKafka ? datedWorld(plan, Date.now()) : createWorld(plan);
    const outcome = await (isOnKafka ? throughKafka(world) : throughMemory(world));
    const verdict = judgeWorld(world, outcome);
    for (const line of linesOf(world, outcome, verdict)) say(line);
    const score = scoreOf(world, verdict);
    scores.push(score);
    onScore?.(score);
  }
  return scores;
}

export async function detection(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { worlds: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' }, world: { type: 'string' }, largest: { type: 'string', default: '20000' }, scores: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } });
  const [seed, worlds, largest, world] = [Number(values.seed), Number(values.worlds), Number(values.largest), Number(values.world ?? 0)];
  if (values.help || ![seed, worlds, largest, world].every(Number.isSafeInteger) || worlds < 1) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const numbers = values.world === undefined ? Array.from({ length: worlds }, (_, number) => number) : [world];
  const file = values.scores;
  const before = file === undefined || !existsSync(file) ? [] : readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Score).filter((score) => numbers.includes(score.world));
  const done = new Set(before.map((score) => score.world));
  const scores = await detect({
    seed, largest, numbers: numbers.filter((number) => !done.has(number)), say: (line) => { console.error(line); },
    ...(file === undefined ? {} : { onScore: (score: Score) => { appendFileSync(file, `${JSON.stringify(score)}\n`); } }),
  });
  const result = resultOf([...before, ...scores]);
  if (values.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(23)} ${JSON.stringify(value)}`);
  return result.oracle_mismatches === 0 ? 0 : 1;
}
