/**
 * What the tasks may rely on, of whatever is behind the Kafka port. Run against every Kafka there is, the one in memory and the real one, so that a test
 * against the former says something about the latter, and so that another client can take the place of ours. docs/kafka-client.md has the traps that it is about.
 */
import { after, before, describe } from 'node:test';
import { abortsContract } from './kafka/aborts.ts';
import { breaksContract } from './kafka/breaks.ts';
import { logStartsContract } from './kafka/logStarts.ts';
import { membersContract } from './kafka/members.ts';
import { producingContract } from './kafka/producing.ts';
import { readingContract } from './kafka/reading.ts';
import { rebalancesContract } from './kafka/rebalances.ts';
import { worldOf, type Subject, type World } from './kafka/subject.ts';
import { transactionsContract } from './kafka/transactions.ts';

const THEMES = {
  producing: producingContract,
  transactions: transactionsContract,
  aborts: abortsContract,
  breaks: breaksContract,
  reading: readingContract,
  members: membersContract,
  rebalances: rebalancesContract,
  logStarts: logStartsContract,
} as const satisfies Readonly<Record<string, (world: World) => void>>;

export type Theme = keyof typeof THEMES;

export function kafkaContract(name: string, start: () => Promise<Subject>, themes: readonly Theme[] = Object.keys(THEMES) as Theme[]): void {
  describe(`Kafka contract: ${name}`, () => {
    let subject: Subject | null = null;
    const world = worldOf(() => {
      if (subject === null) throw new Error('the subject is there once the tests run');
      return subject;
    });
    before(async () => { subject = await start(); });
    after(() => subject?.stop());
    for (const theme of themes) describe(theme, () => { THEMES[theme](world); });
  });
}
