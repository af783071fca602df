import type { Metadata } from '../globalTables.ts';
import { knownUser, type KnownFeature, type KnownUser } from '../wire/metadataBytes.ts';
import { deadLetter, ok, type DeadLettered, type Ok } from './result.ts';
import type { ValidEvent } from './validate.ts';

export interface EnrichedEvent {
  readonly event: ValidEvent;
  readonly feature: KnownFeature;
  readonly user: KnownUser;
}

/** Never corrected afterwards: counting twice is worse than an unknown team (design 4). */
const UNKNOWN_USER = knownUser({ team: 'unknown', role: 'unknown', org: 'unknown', joined_at: null });

export function enrich(event: ValidEvent, metadata: Metadata): Ok<EnrichedEvent> | DeadLettered {
  const feature = metadata.feature(event.feature);
  if (feature === undefined) return deadLetter('enrich', 'unknown_feature', `feature ${event.feature} is not in the catalog: post it to /v1/features, then replay the dead letter`);
  return ok({ event, feature, user: metadata.user(event.user_id) ?? UNKNOWN_USER });
}
