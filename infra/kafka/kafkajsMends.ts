/** Five faults of kafkajs 2.2.4 in what we use of it, mended on its prototypes when it is loaded. */
import { createRequire } from 'node:module';
import { isConnectionError } from './clientErrors.ts';
import { WireWriter } from './wire.ts';

const require = createRequire(import.meta.url);

/**
 * After its first answer each connection sets a timer for a moment long past, which Node makes 1 ms, and so on for ever, a thousand times a second
 * (kafkajs #1751). A timer is needed only where something waits or the broker has asked for a pause.
 */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}
const RequestQueueClass = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };
const CHECK_PENDING_MS = 10;
RequestQueueClass.prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
  const throttledMs = this.throttledUntil - Date.now();
  if (this.throttleCheckTimeoutId !== null || (this.pending.length === 0 && !(throttledMs > 0))) return;
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, throttledMs > 0 ? throttledMs : CHECK_PENDING_MS);
};

/**
 * Two requests that find a connection down each open a socket; the first one is forgotten, and when the broker closes it for idleness the connection in
 * use is torn down with it. One attempt at a time, shared.
 */
interface Connection {
  connect: (this: Connection) => Promise<unknown>;
}
const ConnectionClass = require('kafkajs/src/network/connection') as { readonly prototype: Connection };
const connectOnce = ConnectionClass.prototype.connect;
const connecting = new WeakMap<Connection, Promise<unknown>>();
ConnectionClass.prototype.connect = function connect(this: Connection): Promise<unknown> {
  const underWay = connecting.get(this);
  if (underWay !== undefined) return underWay;
  const attempt = connectOnce.call(this).finally(() => connecting.delete(this));
  connecting.set(this, attempt);
  return attempt;
};

/**
 * A request is copied twice on its way out, for a header of a few bytes and for its size, each time into fresh memory of the next power of two, zeroed. That is
 * memory outside of V8's heap, and 64 MiB of it make a whole garbage collection (docs/decisions/0002). Requests that we write ourselves
 * have room for both before them.
 */
interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  /** Ours: what this encoder's bytes lie in. */
  framed?: WireWriter;
  writeEncoder: (this: Encoder, value: WireWriter | Encoder) => Encoder;
}
const EncoderClass = require('kafkajs/src/protocol/encoder') as { readonly prototype: Encoder };
const copyEncoder = EncoderClass.prototype.writeEncoder;
EncoderClass.prototype.writeEncoder = function writeEncoder(this: Encoder, value): Encoder {
  const body = value instanceof WireWriter ? value : value.framed;
  if (body === undefined) return copyEncoder.call(this, value);
  body.prepend(this.buffer);
  this.framed = body;
  this.buf = body.buffer;
  this.offset = this.buf.length;
  return this;
};

/**
 * Why a coordinator was not found is forgotten: who has no right to a group or a transactional id is told that there is no coordinator, and tries on. And
 * a broker that is away makes the question fail where the others could answer it. Here each is asked, the connected ones first, and the last
 * answer is thrown; what passes is tried again by whoever asked.
 */
interface CoordinatorQuestion {
  readonly groupId: string;
  readonly coordinatorType?: number;
}
interface PooledBroker {
  isConnected(): boolean;
  findGroupCoordinator(question: CoordinatorQuestion): Promise<unknown>;
}
interface Coordinators {
  readonly brokerPool: { readonly brokers: Readonly<Record<string, PooledBroker>>; findBroker(which: { readonly nodeId: string }): Promise<PooledBroker> };
  findGroupCoordinatorMetadata: (this: Coordinators, question: CoordinatorQuestion) => Promise<unknown>;
}
const ClusterClass = require('kafkajs/src/cluster') as { readonly prototype: Coordinators };
ClusterClass.prototype.findGroupCoordinatorMetadata = async function find(this: Coordinators, question: CoordinatorQuestion): Promise<unknown> {
  const { brokerPool } = this;
  const ids = Object.keys(brokerPool.brokers);
  const isConnected = (id: string): boolean => brokerPool.brokers[id]?.isConnected() === true;
  let last: unknown = Object.assign(new Error('no broker could be asked for the coordinator'), { name: 'KafkaJSBrokerNotFound' });
  for (const nodeId of [...ids.filter(isConnected), ...ids.filter((id) => !isConnected(id))]) {
    let broker: PooledBroker | null = null;
    try {
      broker = await brokerPool.findBroker({ nodeId });
      return await broker.findGroupCoordinator(question);
    } catch (error) {
      // An answer says more than that somebody is away.
      if (broker !== null || isConnectionError(last)) last = error;
    }
  }
  throw last;
};
