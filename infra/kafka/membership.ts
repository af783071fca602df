/** One member of a consumer group, by the group protocol that every broker speaks: join, sync, heartbeat, commit, leave. */
import type { Assignment, Position, TopicPartition } from '../ports.ts';
import { assign } from './assigner.ts';
import { isConnectionError, isTransient, protocolType, toKafkaError } from './clientErrors.ts';
import { KafkaError } from './errors.ts';
import { MemberAssignment, MemberMetadata, type Broker } from './kafkajs.ts';
import type { Metadata } from './metadata.ts';
import { delay } from './retry.ts';

export interface MembershipOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment: Assignment;
  readonly metadata: Metadata;
  /** Milliseconds without a heartbeat after which the group gives the member's inputs away. */
  readonly sessionTimeoutMs: number;
}

export interface Membership {
  /** Takes part in the next generation; resolves with the inputs. Throws MembershipLost when the group has forgotten this member. */
  join(owned: readonly TopicPartition[]): Promise<TopicPartition[]>;
  /** Sends heartbeats; resolves when the group rebalances, or with `false` from `going`. Throws MembershipLost. */
  stay(going: () => boolean): Promise<void>;
  /** Waits while the group rebalances; `mine` says whether the inputs are still this member's. */
  commit(positions: readonly Position[], mine: () => boolean): Promise<void>;
  leave(): Promise<void>;
}

/** Others may have had our inputs in between: nothing may go on as if they had been ours all the time. */
export class MembershipLost extends Error {}

/** Ours: a rebalance is learned at the next heartbeat, so this bounds how long a new member waits. */
const HEARTBEAT_MS = 500;
/** Ours: members rejoin at their next heartbeat; below the client's request timeout of 30 s. */
const REBALANCE_TIMEOUT_MS = 20_000;
const COMMIT_FOR_MS = 30_000;
const AGAIN_MS = 50;
const VERSION = 1;

export function createMembership({ group, topics, assignment, metadata, sessionTimeoutMs }: MembershipOptions): Membership {
  const protocol = `chokepoint-${assignment}`;
  let memberId = '';
  /** Null while joining. */
  let generation: number | null = null;
  let coordinator: Broker | null = null;

  const findCoordinator = async (): Promise<Broker> => (coordinator ??= await metadata.coordinator('group', group));

  /** What an error of the group protocol means for this member; returns where it goes away by itself. */
  const understand = (error: unknown, doing: string): void => {
    const type = protocolType(error);
    if (type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') {
      memberId = '';
      throw new MembershipLost(`group ${group} has forgotten this member`, { cause: error });
    }
    // The member is known but slept through a generation.
    if (type === 'ILLEGAL_GENERATION') throw new MembershipLost(`group ${group} has gone on without this member`, { cause: error });
    if (!isTransient(error) && !isConnectionError(error)) throw toKafkaError(error, doing);
    coordinator = null;
  };

  const shares = async (members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]): Promise<{ memberId: string; memberAssignment: Buffer }[]> => {
    await metadata.refresh();
    const partitions = new Map(topics.map((topic) => [topic, metadata.count(topic)]));
    const known = members.map((member) => ({ id: member.memberId, owned: readOwned(MemberMetadata.decode(member.memberMetadata)?.userData) }));
    return [...assign(assignment, known, partitions)].map(([id, inputs]) => ({ memberId: id, memberAssignment: MemberAssignment.encode({ version: VERSION, assignment: grouped(inputs), userData: Buffer.alloc(0) }) }));
  };

  return {
    join: async (owned) => {
      generation = null;
      try {
        const broker = await findCoordinator();
        const userData = Buffer.from(JSON.stringify(grouped(owned)));
        const joined = await broker.joinGroup({
          groupId: group, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: REBALANCE_TIMEOUT_MS, memberId,
          groupProtocols: [{ name: protocol, metadata: MemberMetadata.encode({ version: VERSION, topics, userData }) }],
        });
        ({ memberId } = joined);
        const groupAssignment = joined.leaderId === joined.memberId ? await shares(joined.members) : [];
        const synced = await broker.syncGroup({ groupId: group, generationId: joined.generationId, memberId, groupAssignment });
        generation = joined.generationId;
        const mine = MemberAssignment.decode(synced.memberAssignment)?.assignment ?? {};
        return Object.entries(mine).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
      } catch (error) {
        // Another rebalance has begun meanwhile: nobody has our inputs yet.
        if (protocolType(error) !== 'REBALANCE_IN_PROGRESS') understand(error, `join the group ${group}`);
        throw toKafkaError(error, `join the group ${group}`);
      }
    },
    stay: async (going) => {
      for (let waitedMs = 0; going(); ) {
        // In small steps, so that leaving need not wait for a whole interval.
        await delay(AGAIN_MS);
        // A request after the goodbye would open a connection that nobody closes.
        if (!going()) return;
        waitedMs += AGAIN_MS;
        if (waitedMs < HEARTBEAT_MS || generation === null) continue;
        waitedMs = 0;
        try {
          await (await findCoordinator()).heartbeat({ groupId: group, groupGenerationId: generation, memberId });
        } catch (error) {
          if (protocolType(error) === 'REBALANCE_IN_PROGRESS') return;
          understand(error, `stay in the group ${group}`);
        }
      }
    },
    commit: async (positions, mine) => {
      const until = performance.now() + COMMIT_FOR_MS;
      for (let first = true; ; first = false) {
        if (!first) await delay(AGAIN_MS);
        if (!mine()) throw new KafkaError('NOT_ASSIGNED', `Group ${group} has given the inputs to another member.`);
        if (generation === null && performance.now() < until) continue;
        try {
          if (generation === null) throw new KafkaError('UNAVAILABLE', `Could not commit offsets of ${group}: the group has been rebalancing for too long.`);
          await (await findCoordinator()).offsetCommit({ groupId: group, groupGenerationId: generation, memberId, topics: offsetTopics(positions) });
          return;
        } catch (error) {
          const type = protocolType(error);
          if (type === 'UNKNOWN_MEMBER_ID') throw new KafkaError('NOT_ASSIGNED', `Group ${group} has forgotten this member.`, { cause: error });
          const again = type === 'REBALANCE_IN_PROGRESS' || type === 'ILLEGAL_GENERATION' || isTransient(error) || isConnectionError(error);
          if (!again || performance.now() > until) throw toKafkaError(error, `commit offsets of ${group}`);
          coordinator = null;
        }
      }
    },
    leave: async () => {
      if (memberId !== '') await (await findCoordinator()).leaveGroup({ groupId: group, memberId });
    },
  };
}

/** Positions as the requests want them. */
export function offsetTopics(positions: readonly Position[]): { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[] {
  const topics = new Map<string, { partition: number; offset: string; metadata: string }[]>();
  for (const { topic, partition, offset, metadata } of positions) {
    const entry = { partition, offset: String(offset), metadata };
    const same = topics.get(topic);
    if (same === undefined) topics.set(topic, [entry]);
    else same.push(entry);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

function grouped(inputs: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of inputs) (topics[topic] ??= []).push(partition);
  return topics;
}

/** A member of another version may say something else, or nothing: then it owns nothing as far as we know. */
function readOwned(userData: Buffer | undefined): TopicPartition[] {
  try {
    const owned: unknown = JSON.parse(String(userData));
    if (typeof owned !== 'object' || owned === null) return [];
    return Object.entries(owned).flatMap(([topic, partitions]) => (Array.isArray(partitions) ? partitions.filter((partition) => typeof partition === 'number').map((partition) => ({ topic, partition })) : []));
  } catch {
    return [];
  }
}
