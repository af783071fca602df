/**
 * A circular challenge, from events to its sentence through the production tasks. Two kinds of people only; but some of the ordinary ones are
 * given a task that fails. That makes them beginners, and so nearly all beginners fail at it, which says no more than that.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { Feature, Stage, User } from '../../schemas/records.ts';
import { generator } from '../generator.ts';
import { runWorld } from './worldRun.ts';
import type { WorldOutput } from './worldRun.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A Monday. */
const START = Date.UTC(2026, 9, 5);
const DAYS = 26;
const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

/** `hard` fails for whom it is hard, `lineage` is for experts. */
const CATALOG: readonly Feature[] = ['hard', 'lineage', ...Array.from({ length: 8 }, (_, i) => `easy-${String(i)}`)].map((feature, i) => ({
  feature, title: feature, stage: STAGES[i % STAGES.length] ?? 'data', tool: 'lab', core: feature === 'lineage', expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false,
}));

interface Someone extends User {
  readonly isExpert: boolean;
  readonly fails: boolean;
}

const PEOPLE: readonly Someone[] = Array.from({ length: 66 }, (_, i) => ({
  user_id: `u${String(i).padStart(2, '0')}`, team: `team-${String(i % 3)}`, role: 'data-scientist', org: 'lab', joined_at: START, isExpert: i < 22, fails: i >= 22 && i % 3 === 0,
}));

function eventsOf(random: () => number): SimulatedEvent[] {
  const all: SimulatedEvent[] = [];
  for (const { user_id, isExpert, fails } of PEOPLE) {
    // Those for whom it fails are a little slower besides, as a group: else no level would be below the other in everything.
    const [pace, speed] = [(fails ? 0.9 : 0.95) + random() * 0.3, (fails ? 0.8 : 0.85) + random() * 0.5];
    for (let day = 0; day < DAYS; day++) {
      let at = START + day * DAY_MS + 8 * HOUR_MS + Math.floor(random() * HOUR_MS);
      const add = (event: Pick<SimulatedEvent, 'type' | 'feature'> & Partial<SimulatedEvent>): void => {
        at += MINUTE_MS + Math.floor(random() * 5 * MINUTE_MS);
        all.push({ event_id: `e${String(all.length).padStart(6, '0')}`, user_id, session_id: 's', occurred_at: at, task_id: `t${String(all.length)}`, ...event });
      };
      if (day % 7 >= 5 || random() < 0.1) continue;
      const visits = Math.round((isExpert ? 9 : 5) * pace * (0.8 + random() * 0.4));
      for (let visit = 0; visit < visits; visit++) {
        const feature = isExpert && random() < 0.3 ? 'lineage' : `easy-${String(Math.floor(random() * (isExpert ? 8 : 5)))}`;
        add({ type: 'task_finished', feature, outcome: random() < (isExpert ? 0.97 : 0.9) ? 'completed' : 'failed', duration_ms: Math.round(((isExpert ? 20_000 : 40_000) / speed) * (0.8 + random() * 0.4)) });
      }
      for (let again = 0; again < 2; again++) add({ type: 'task_finished', feature: 'hard', outcome: fails ? 'abandoned' : 'completed' });
    }
  }
  return all.sort((a, b) => a.occurred_at - b.occurred_at || (a.event_id < b.event_id ? -1 : 1));
}

const EVENTS = eventsOf(generator(4));
const run = (partitions: number): Promise<WorldOutput> =>
  runWorld({ catalog: CATALOG, users: PEOPLE, events: Array.from({ length: Math.ceil(EVENTS.length / 500) }, (_, n) => EVENTS.slice(n * 500, (n + 1) * 500)), endsAt: START + DAYS * DAY_MS + 30 * MINUTE_MS, partitions });
const opened = ({ challenges }: WorldOutput): string[] => challenges.filter(({ status }) => status === 'opened').map(({ rule_id, feature, evaluated_at, summary }) => `${rule_id} ${feature} ${String(evaluated_at)} ${summary}`).sort();

test('what made the levels does not prove itself; and however many tasks share the work, the same is said', async () => {
  const output = await run(3);
  const said = opened(output);
  const about = (rule: string): string => said.find((line) => line.startsWith(rule)) ?? `${rule} is not among ${said.join('; ')}`;
  assert.match(about('abandoned-novices hard'), /Without the share of tasks completed in the model of levels this would not hold\.$/);
  assert.match(about('unused-by-novices lineage'), /show beginners what it is for\.$/, 'experts would be experts without it');
  assert.deepEqual(opened(await run(1)), said);
});
