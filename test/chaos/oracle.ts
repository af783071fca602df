/** What must come out of the processor for the chaos world, said in the plainest way from the input alone. */
import type { PlatformEvent } from '../../schemas/records.ts';

const TASK_TIMEOUT_MS = 86_400_000;

/** `event_id class detail`, each exactly once. */
export function expectedSignals(input: readonly PlatformEvent[], end: number): Set<string> {
  const expected = new Set<string>();
  for (const event of input) {
    const add = (signal: string): void => { expected.add(`${event.event_id} ${signal}`); };
    if (event.type === 'interaction') add('action -');
    if (event.type === 'error') add('error');
    if (event.type === 'task_finished') {
      add(`action ${event.outcome ?? '-'}`);
      add('time completion');
    }
    if (event.type === 'task_started') {
      add('action started');
      // No start of this world is ever finished: each is abandoned when its time is over.
      if (event.occurred_at + TASK_TIMEOUT_MS < end) {
        add('action abandoned');
        add('time completion');
      }
    }
  }
  return expected;
}
