/** What a tick gives, as records of their topics. */
import type { OutRecord } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import type { TopicId } from '../../../schemas/topics.ts';
import type { Entry } from './changelog.ts';
import { findingKey } from './pairs.ts';
import type { TickOutput } from './tick.ts';

/** All of these topics have one partition. */
const PARTITION = 0;

export interface Outputs {
  ofTick(output: TickOutput): OutRecord[];
  changelog(entries: readonly Entry[]): OutRecord[];
}

export function createOutputs(codec: RecordCodec, app: string): Outputs {
  const record = (topic: TopicId, key: string, value: Buffer | null): OutRecord => ({ topic: topicName(topic, app), partition: PARTITION, key, value });
  return {
    ofTick: ({ challenges, findings, model, reference }) => [
      ...challenges.map((challenge) => record('challenges', challenge.challenge_id, codec.encode('Challenge', challenge))),
      ...findings.map((finding) => record('findings', findingKey(finding), codec.encode('Finding', finding))),
      ...(model === null ? [] : [record('models', String(model.trained_at), codec.encode('ExpertiseModel', model))]),
      ...(reference === null ? [] : [record('references', String(reference.tick), Buffer.from(JSON.stringify(reference)))]),
    ],
    changelog: (entries) => entries.map(({ key, json }) => record('cohortChangelog', key, json === null ? null : Buffer.from(json))),
  };
}
