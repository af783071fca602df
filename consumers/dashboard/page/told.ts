/** What the stream told, laid over what the tables say: a record is in Kafka some seconds before its row is in ClickHouse, and longer while the sink is away. */
import type { Action, Card, NowShape } from '../shapes.ts';
import { stateAfter } from './cardState.ts';

/** As many as the server gives. */
const MOST_RESOLVED = 12;
/** Ours: a sink that is away longer is seen on the pipeline's page. */
const CARD_MS = 10 * 60_000;
/** Ours, and shorter: an action has no order by which one from another server could be told to be later. */
const ACTION_MS = 30_000;

/** What the tables know of the challenge from this tick or a later one stays. */
export function withCard(shape: NowShape, told: Card): NowShape {
  const isOther = ({ challenge_id }: Card): boolean => challenge_id !== told.challenge_id;
  const known = [...shape.open, ...shape.resolved].find((card) => !isOther(card));
  if (known !== undefined && known.evaluated_at >= told.evaluated_at) return shape;
  // The stream of challenges does not know what people did.
  const card: Card = { ...told, state: known?.state ?? null };
  if (card.status === 'resolved') return { ...shape, open: shape.open.filter(isOther), resolved: [card, ...shape.resolved.filter(isOther)].slice(0, MOST_RESOLVED) };
  return { ...shape, open: shape.open.every(isOther) ? [card, ...shape.open] : shape.open.map((one) => (isOther(one) ? one : card)), resolved: shape.resolved.filter(isOther) };
}

export function withAction(shape: NowShape, action: Action): NowShape {
  return { ...shape, open: shape.open.map((card) => (card.challenge_id === action.challenge_id ? { ...card, state: stateAfter(card.state, action) } : card)) };
}

export interface Told {
  card(card: Card): void;
  action(action: Action): void;
  /** An answer of the server with what was told of late. */
  over(shape: NowShape): NowShape;
}

export function createTold(now: () => number): Told {
  let told: { readonly until: number; readonly change: (shape: NowShape) => NowShape }[] = [];
  const add = (ms: number, change: (shape: NowShape) => NowShape): void => { told.push({ until: now() + ms, change }); };
  return {
    card: (card) => { add(CARD_MS, (shape) => withCard(shape, card)); },
    action: (action) => { add(ACTION_MS, (shape) => withAction(shape, action)); },
    over: (shape) => {
      told = told.filter(({ until }) => until > now());
      return told.reduce((changed, { change }) => change(changed), shape);
    },
  };
}
