/** Users and features: topics of one partition each, so that the last record of a key is the last one posted. What is refused is only in the answer. */
import { topicName } from '../../schemas/topics.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { OutRecord } from '../../infra/ports.ts';
import type { Body } from './body.ts';
import { Invalid } from './fields.ts';
import type { Privacy } from './privacy.ts';
import { validateFeature, validateUser } from './validate.ts';

export interface CatalogIntake {
  readonly records: readonly OutRecord[];
  readonly rejected: readonly { readonly index: number; readonly reason: 'invalid' | 'undecodable'; readonly detail: string }[];
}

/** Throws `Invalid`. */
export type ToRecord = (value: unknown) => OutRecord;

export const userRecord = (codec: RecordCodec, app: string, privacy: Privacy): ToRecord => (value) => {
  const given = validateUser(value);
  const user = { ...given, user_id: privacy.userId(given.user_id) };
  return { topic: topicName('users', app), partition: 0, key: user.user_id, value: codec.encode('User', user) };
};

export const featureRecord = (codec: RecordCodec, app: string): ToRecord => (value) => {
  const feature = validateFeature(value);
  return { topic: topicName('features', app), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) };
};

export function takeCatalog(body: Body, toRecord: ToRecord): CatalogIntake {
  const records: OutRecord[] = [];
  const rejected: { index: number; reason: 'invalid' | 'undecodable'; detail: string }[] = [];
  for (const [index, value] of body.values.entries()) {
    const broken = body.broken.get(index);
    if (broken !== undefined) {
      rejected.push({ index, reason: 'undecodable', detail: broken });
      continue;
    }
    try {
      records.push(toRecord(value));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      rejected.push({ index, reason: 'invalid', detail: error.message });
    }
  }
  return { records, rejected };
}
