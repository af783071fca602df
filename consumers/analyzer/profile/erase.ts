/** A user who has been erased leaves the state at once, with all that names them; the counts that they were in are corrected at the next tick. */
import type { LogReader, TopicPartition } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import type { Erased } from '../../../schemas/erasures.ts';
import { TICK_MS, windowOf } from '../time.ts';
import { dayKey, sampleKey, userKey } from './changelog.ts';
import type { PartitionState, User } from './state.ts';

/** Whoever comes back later has a level from later on: so it can be told, at any time and as often as one likes, who is still to go. */
const isErased = (user: User, erased: Erased): boolean => erased.covers(user.id, user.since);

function eraseUser(state: PartitionState, user: User): void {
  const days = state.days.of(user);
  for (let at = 0; at < days.length; at++) {
    const { day } = days.at(at);
    state.changes.gone.add(dayKey(day, user.id));
    state.byDay.set(day, (state.byDay.get(day) ?? []).filter((other) => other !== user));
  }
  days.clear();
  // Takes what the user was counted for out of the cells, which say so at the next tick.
  user.dirty = [...user.counted];
  state.cells.settle(user, days, windowOf(state.lastTick ?? TICK_MS));
  state.users.delete(user.id);
  state.machines.delete(user.id);
  for (const users of [state.unsettled, state.idle, state.stuck, state.changes.users]) users.delete(user);
  state.changes.gone.add(userKey(user.id));
}

/** Gives the ids of those who have gone. */
export function eraseUsers(state: PartitionState, erased: Erased): string[] {
  const gone = [...state.users.values()].filter((user) => isErased(user, erased));
  for (const user of gone) eraseUser(state, user);
  // Examples outlast nobody: those of a user who is in the state no more, too.
  for (const { key, day } of state.samples.erase((userId, at) => erased.covers(userId, at))) state.changes.samples.set(sampleKey(key, day), { key, day });
  return gone.map(({ id }) => id);
}

/** Users of whom the compacted topic of levels still has one that is erased: also those whom the state forgot long ago. Reads the partition whole. */
export async function erasedLevels(log: LogReader, topic: TopicPartition, codec: RecordCodec, erased: Erased): Promise<string[]> {
  const end = (await log.ends(topic.topic))[topic.partition] ?? 0;
  const found = new Set<string>();
  for await (const records of log.read({ ...topic, offset: 0 }, end)) {
    for (const { key, value } of records) {
      if (key === null) continue;
      const id = key.toString();
      if (value === null) found.delete(id);
      else if (erased.of(id) !== null) {
        await codec.load(value);
        if (erased.covers(id, codec.decode('ExpertiseLevel', value).since)) found.add(id);
        else found.delete(id);
      }
    }
  }
  return [...found];
}
