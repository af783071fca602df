import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventSource } from '../events.ts';
import { typicalPeople, USER_ID } from './population.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 5, 1);

test('users have as many active days, and as many events and features on them, as those of the demo', () => {
  const [events, days] = [60_000, 28];
  const population = typicalPeople(events, days * DAY_MS)(START + days * DAY_MS);
  const source = createEventSource({ seed: 1, running: 20, plain: true, population });
  const features = new Map<string, Set<string>>();
  const users = new Set<string>();
  for (let n = 0; n < events; n++) {
    const { event } = source.next(START + Math.floor((n / events) * days * DAY_MS));
    // A finish follows its start, over midnight too.
    if (event.type === 'task_finished') continue;
    assert.match(event.user_id, USER_ID);
    users.add(event.user_id);
    const day = `${event.user_id} ${Math.floor(event.occurred_at / DAY_MS)}`;
    features.set(day, (features.get(day) ?? new Set()).add(event.feature));
  }
  const near = (actual: number, expected: number): void => { assert.ok(Math.abs(actual - expected) < expected * 0.15, `${actual} is not near ${expected}`); };
  near(features.size / population.users.length, 6.1);
  near(events / features.size, 9.4);
  near([...features.values()].reduce((sum, { size }) => sum + size, 0) / features.size, 5.4);
  assert.ok(users.size > population.users.length * 0.9);
});
