/** Where challenges stand by what people did about them. */
import type { Card, CardState } from '../shapes.ts';
import type { Ask } from './ask.ts';

const MOST_STATES = 5_000;

type Row = Omit<CardState, 'snoozed_until' | 'fixed_at'> & { readonly challenge_id: string; readonly snoozed: number | null; readonly fixed: number | null };

export type StateOf = (card: Card) => Card;

/** Of all challenges, or of one; the latest. */
export async function readStates(ask: Ask, id: string | null = null): Promise<StateOf> {
  const rows = await ask<Row>(
    `SELECT challenge_id, acknowledged_by, toUnixTimestamp64Milli(snoozed_until) AS snoozed, assignee, toUnixTimestamp64Milli(fixed_at) AS fixed, useful, not_useful, comments
FROM challenge_states ${id === null ? '' : 'WHERE challenge_id = {id:String} '}ORDER BY last_at DESC LIMIT {most:UInt32}`,
    { most: MOST_STATES, ...(id === null ? {} : { id }) },
  );
  const states = new Map(rows.map(({ challenge_id, snoozed, fixed, ...rest }) => [challenge_id, { ...rest, snoozed_until: snoozed, fixed_at: fixed }]));
  return (card) => ({ ...card, state: states.get(card.challenge_id) ?? null });
}
