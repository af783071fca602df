/** A member of a group that reads what it is assigned: the group's side and the fetching side put together. Waits out brokers that are away. */
import type { GroupConsumer, Kafka } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { KafkaError, asError, isFatal } from './errors.ts';
import { createFetcher } from './fetcher.ts';
import type { Cluster } from './kafkajs.ts';
import { createMembership, MembershipLost } from './membership.ts';
import { metadataOf } from './metadata.ts';
import { delay, within } from './retry.ts';

type ConsumerOptions = Parameters<Kafka['consumer']>[0];

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
/** Ours: how long a stop waits for the group to hear of it; after that the group finds out by itself. */
const LEAVE_WITHIN_MS = 3_000;

/** `cluster`: connected, this consumer's own. */
export async function startConsumer(cluster: Cluster, options: ConsumerOptions & { readonly log: Log; readonly sessionTimeoutMs: number; readonly fetchBytes: number }): Promise<GroupConsumer> {
  const { group, topics, assignment, onAssigned, onRecords, onCrash, log, sessionTimeoutMs, fetchBytes } = options;
  const metadata = metadataOf(cluster);
  await metadata.know(topics);
  const membership = createMembership({ group, topics, assignment, metadata, sessionTimeoutMs });
  let going = true;

  const crash = (error: Error): void => {
    if (!going) return;
    going = false;
    onCrash(error);
  };
  const fetcher = createFetcher({ metadata, committed: () => metadata.committed(group, topics), onRecords, onFatal: crash, log, fetchBytes });

  const takeAssignment = (inputs: ReturnType<typeof fetcher.inputs>): void => {
    fetcher.assign(inputs);
    onAssigned(inputs);
    fetcher.go();
  };

  async function run(): Promise<void> {
    for (let failures = 0; going; ) {
      try {
        const inputs = await membership.join(fetcher.inputs());
        if (!isGoing()) return;
        takeAssignment(inputs);
        failures = 0;
        await membership.stay(isGoing);
      } catch (thrown) {
        const error = asError(thrown);
        if (!isGoing()) return;
        if (error instanceof MembershipLost) {
          log('warn', 'membership lost, joining again', { group, error: error.message });
          // Whoever has our inputs now may have gone on from our positions: begin again from what is committed.
          if (fetcher.inputs().length > 0) takeAssignment([]);
          continue;
        }
        if (isFatal(error) || (error instanceof KafkaError && error.code === 'REFUSED')) {
          crash(error);
          return;
        }
        const retryMs = Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS);
        if (failures > 3) log('warn', 'cannot join the group, trying again', { group, error: error.message, retry_ms: retryMs });
        await delay(retryMs);
        if (isGoing()) await metadata.refresh().catch(() => undefined);
      }
    }
  }
  const isGoing = (): boolean => going;

  // A macrotask later: the handlers are called only when the caller has this consumer in hand.
  const ended = new Promise<void>((resolve, reject) => {
    setImmediate(() => { run().then(resolve, reject); });
  }).catch((error: unknown) => { crash(asError(error)); });

  return {
    pause: fetcher.pause,
    resume: fetcher.resume,
    seek: fetcher.seek,
    commit: (positions) => membership.commit(positions, () => positions.every(fetcher.has)),
    close: async () => {
      going = false;
      await fetcher.close();
      await within(LEAVE_WITHIN_MS, membership.leave());
      await within(LEAVE_WITHIN_MS, Promise.all([ended, cluster.disconnect()]));
    },
  };
}
