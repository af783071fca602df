/** What the profile task needs of a signal, whatever it was read from. */
import type { ActionSignal, Cause, ErrorSignal, Outcome, SignalClass, Stage, TimeMeasure, TimeSignal } from '../../../schemas/records.ts';
import type { User } from './state.ts';
import type { UserTable } from './userTable.ts';

export interface Signal {
  readonly class: SignalClass;
  readonly user_id: string;
  /** Who has that id. */
  userIn(users: UserTable): User | undefined;
  readonly event_id: string;
  readonly occurred_at: number;
  readonly stage: Stage;
  readonly feature: string;
  readonly team: string;
  readonly role: string;
  /** Made by a timer, not by the user. */
  readonly timer: boolean;
  /** A finish after its timer: kept in the topics, counted nowhere. */
  readonly late: boolean;
  /** Of actions that have one. */
  readonly outcome: Outcome | null;
  /** Of time signals; null for all others. */
  readonly measure: TimeMeasure | null;
  /** Of time signals, milliseconds. */
  readonly duration_ms: number;
  readonly censored: boolean;
  /** Of errors; null for all others. */
  readonly cause: Cause | null;
  /** Of errors; empty for all others. */
  readonly code: string;
  readonly message: string;
  readonly fingerprint: string;
}

/** Whole records, as the codec gives them. */
export type SignalRecord =
  | { readonly class: 'action'; readonly record: ActionSignal }
  | { readonly class: 'error'; readonly record: ErrorSignal }
  | { readonly class: 'time'; readonly record: TimeSignal };

export function signalFrom(given: SignalRecord): Signal {
  const { user_id, event_id, occurred_at, stage, feature, user, properties } = given.record;
  return {
    class: given.class,
    user_id,
    userIn: (users) => users.get(user_id),
    event_id,
    occurred_at,
    stage,
    feature,
    team: user.team,
    role: user.role,
    timer: properties['timer'] === 'true',
    late: properties['late'] === 'true',
    outcome: given.class === 'action' ? given.record.outcome : null,
    measure: given.class === 'time' ? given.record.measure : null,
    duration_ms: given.class === 'time' ? given.record.duration_ms : 0,
    censored: given.class === 'time' && given.record.censored,
    cause: given.class === 'error' ? given.record.cause : null,
    code: given.class === 'error' ? given.record.code : '',
    message: given.class === 'error' ? given.record.message : '',
    fingerprint: given.class === 'error' ? given.record.fingerprint : '',
  };
}
