/** A route's tasks on an in-memory Kafka, with a clock that jumps to the next alarm, and a receiver that keeps what it gets. */
import { afterEach } from 'node:test';
import type { Alert } from '../../../consumers/alerts/alertmanager.ts';
import { createAlertmanagerTask } from '../../../consumers/alerts/alertmanagerTask.ts';
import { createAlertTask } from '../../../consumers/alerts/alertTask.ts';
import { createDigestTask } from '../../../consumers/alerts/digestTask.ts';
import type { Letter } from '../../../consumers/alerts/letter.ts';
import { follow, routeNotices, type RouteReading } from '../../../consumers/alerts/notices.ts';
import type { Clock } from '../../../consumers/alerts/patience.ts';
import { openAt, type Hours, type Weekly } from '../../../consumers/alerts/routes/hours.ts';
import { createOwners } from '../../../consumers/alerts/routes/owners.ts';
import type { Match, Tellable } from '../../../consumers/alerts/routes/course.ts';
import type { Delivery } from '../../../consumers/alerts/webhook.ts';
import { runTasks, type TaskLoop } from '../../../infra/kafka/taskLoop.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createCodec } from '../../../schemas/codec.ts';
import type { Challenge, Feature } from '../../../schemas/records.ts';
import { silent, until } from '../../driver/world.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { challenge } from './challenge.ts';

const ANY: Match = { dimension: null, stage: null, feature: null, severity: null, owner: null, exceptOwners: null };
const GROUP = 'alerts.r';
const OK: Delivery = { ok: true };
const DEFAULT_TELL: readonly Tellable[] = ['opened', 'resolved'];

export interface RouteWorld {
  readonly kafka: MemoryKafka;
  /** Every letter handed to the receiver, with the time. */
  readonly sent: { readonly at: number; readonly letter: Letter }[];
  /** Every post to the Alertmanager, with the time. */
  readonly posts: { readonly at: number; readonly alerts: readonly Alert[] }[];
  /** What is waited for, as health is told: the last. */
  readonly waits: () => number | null;
  readonly time: { now: number };
  readonly append: (changes: Partial<Challenge>) => void;
  readonly own: (feature: string, owner: string | null) => void;
  readonly start: (options?: RouteOptions) => Promise<TaskLoop>;
  /** The last position that was committed. */
  readonly committed: () => number;
}

interface RouteOptions {
  readonly match?: Partial<Match>;
  readonly tell?: readonly Tellable[];
  readonly hours?: Hours;
  readonly digest?: Weekly;
  /** A route to an Alertmanager; what it answers. */
  readonly alertmanager?: () => Delivery;
  readonly answer?: (letter: Letter) => Delivery;
  /** May never settle. */
  readonly beforeCommit?: () => void | Promise<void>;
}

/** A test that failed must not leave a loop behind: its clock jumps on for ever. Not awaited, since a commit may never settle. */
const loops: TaskLoop[] = [];
afterEach(() => { for (const loop of loops.splice(0)) void loop.stop(); });

export async function routeWorld(now: number): Promise<RouteWorld> {
  const time = { now };
  const kafka = createMemoryKafka({ partitions: 1, now: () => time.now });
  const codec = await createCodec(memorySchemas(), ['Challenge', 'Feature']);
  const posts: { at: number; alerts: readonly Alert[] }[] = [];
  const sent: { at: number; letter: Letter }[] = [];
  let waits: number | null = null;
  let committed = 0;
  const clock: Clock = {
    now: () => time.now,
    after: (ms, call) => {
      const at = time.now + ms;
      const handle = setImmediate(() => {
        time.now = Math.max(time.now, at);
        call();
      });
      return () => { clearImmediate(handle); };
    },
  };
  return {
    kafka, sent, posts, time,
    waits: () => waits,
    append: (changes) => { kafka.append([{ topic: 'challenges', partition: 0, key: 'c', value: codec.encode('Challenge', challenge(changes)) }]); },
    own: (feature, owner) => {
      const entry: Feature = { feature, title: feature, stage: 'training', tool: '', core: false, expected_ms: null, task_timeout_ms: null, owner, ignore_repeats: false };
      kafka.append([{ topic: 'platform.features', partition: 0, key: feature, value: codec.encode('Feature', entry) }]);
    },
    start: async ({ match = {}, tell = DEFAULT_TELL, hours, digest, alertmanager, answer = () => OK, beforeCommit = () => undefined } = {}) => {
      const watched: Kafka = {
        ...kafka,
        consumer: async (options) => {
          const consumer = await kafka.consumer(options);
          return { ...consumer, commit: async (positions) => {
            await beforeCommit();
            await consumer.commit(positions);
            committed = positions[0]?.offset ?? committed;
          } };
        },
      };
      const owners = createOwners(kafka, codec, 'platform.features');
      const outcome = { attempt: () => undefined, waits: (until: number | null) => { waits = until; } };
      const deliver = (letter: Letter): Promise<Delivery> => {
        sent.push({ at: time.now, letter });
        return Promise.resolve(answer(letter));
      };
      const loop = await runTasks(watched, {
        group: GROUP, topics: ['challenges'], assignment: 'each', commit: 'offsets',
        create: (context) => {
          const reading: RouteReading = { log: context.log, codec, owners, course: { match: { ...ANY, ...match }, tell, grouped: alertmanager === undefined } };
          const post = (alerts: readonly Alert[]): Promise<Delivery> => {
            posts.push({ at: time.now, alerts });
            return Promise.resolve(alertmanager?.() ?? OK);
          };
          if (alertmanager !== undefined) return createAlertmanagerTask(context, { begin: (committed) => follow(reading, committed), catchUp: () => owners.catchUp(), post, dashboardUrl: null, outcome, clock });
          if (digest !== undefined) return createDigestTask(context, { route: 'r', weekly: digest, begin: (committed) => follow(reading, committed), catchUp: () => owners.catchUp(), deliver, dashboardUrl: null, outcome, clock });
          return createAlertTask(context, { begin: (committed) => routeNotices('r', reading, committed, null), deliver, openAt: (at) => (hours === undefined ? at : openAt(at, hours)), outcome, clock });
        },
      }, { app: '', log: silent, firstRetryMs: 1 });
      loops.push(loop);
      // What is appended from here on is news to the route.
      await until(() => loop.state().tasks.some(({ status }) => status === 'running'), 'the task is open');
      return loop;
    },
    committed: () => committed,
  };
}
