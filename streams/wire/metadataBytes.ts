/** What the catalog and the users add to a signal, as it is written: encoded once for each record of theirs, and not once for each signal. */
import { SYMBOLS, type Feature, type SignalUser, type Stage } from '../../schemas/records.ts';
import { AvroWriter } from './avroWriter.ts';

/** A feature, and the fields stage, feature and tool of its signals. */
export interface KnownFeature extends Feature {
  readonly bytes: Buffer;
}

/** A user as in a signal, and the same as bytes. */
export interface KnownUser extends SignalUser {
  readonly bytes: Buffer;
}

const STAGES: readonly Stage[] = SYMBOLS.Stage;

/** For one after the other. */
const out = new AvroWriter();

/** `name`: what events call it, the key of its record. */
export function knownFeature(name: string, feature: Feature): KnownFeature {
  out.reset();
  out.long(STAGES.indexOf(feature.stage));
  out.string(name);
  out.string(feature.tool);
  return { ...feature, bytes: out.copy() };
}

export function knownUser({ team, role, org, joined_at }: SignalUser): KnownUser {
  out.reset();
  for (const text of [team, role, org]) out.string(text);
  out.optionalLong(joined_at);
  return { team, role, org, joined_at, bytes: out.copy() };
}
