/** One event through the running services: posted to the collector, and looked for as a signal in ClickHouse. */
import { CANARY_FEATURE } from '../../../schemas/topics.ts';

/** A user of role `service` is of level `machine` at once: never trained on, never counted. Both names are the canary's alone. */
export const CANARY_USER = { user_id: 'chokepoint-canary', team: 'chokepoint', role: 'service', org: 'chokepoint', joined_at: 0 } as const;
export const CANARY_ENTRY = { feature: CANARY_FEATURE, title: "Chokepoint's canary", stage: 'deployment', tool: 'chokepoint' } as const;

/** Ours: the alert ChokepointEndToEndSlow calls two minutes slow. */
const LATE_MS = 120_000;
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 5_000;

export interface ProbeEdges {
  /** The answer's status; throws where there is none. */
  readonly post: (event: object) => Promise<number>;
  /** Whether ClickHouse has a signal of the event; `from`: not older, epoch ms. */
  readonly isSeen: (eventId: string, from: number) => Promise<boolean>;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export type Probe =
  | { readonly result: 'seen'; readonly seconds: number }
  /** `refused`: the collector did not take it; `late`: no signal within two minutes; `unseeable`: ClickHouse does not answer. */
  | { readonly result: 'refused' | 'late' | 'unseeable'; readonly why: string };

export async function probe(eventId: string, { post, isSeen, now, pause }: ProbeEdges): Promise<Probe> {
  const begun = now();
  const event = { event_id: eventId, user_id: CANARY_USER.user_id, occurred_at: begun, type: 'interaction', feature: CANARY_FEATURE, action: 'probe' };
  try {
    const status = await post(event);
    if (status !== 202) return { result: 'refused', why: `the collector answered ${status}` };
  } catch (error) {
    return { result: 'refused', why: `the collector does not answer: ${String(error)}` };
  }
  let trouble: string | null = null;
  for (let wait = FIRST_LOOK_MS; now() - begun < LATE_MS; wait = Math.min(wait * 1.5, LAST_LOOK_MS)) {
    await pause(wait);
    try {
      trouble = null;
      if (await isSeen(eventId, begun)) return { result: 'seen', seconds: (now() - begun) / 1_000 };
    } catch (error) {
      trouble = String(error);
    }
  }
  return trouble === null ? { result: 'late', why: `no signal of it within ${LATE_MS / 1_000} s` } : { result: 'unseeable', why: `ClickHouse does not answer: ${trouble}` };
}
