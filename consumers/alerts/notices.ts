/** What becomes of the records of `challenges`: for the one webhook each is a notice, for a route those that its course tells. */
import type { LogReader, Position } from '../../infra/ports.ts';
import { UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import type { Challenge } from '../../schemas/records.ts';
import { plainLetter, routeLetter, type Letter } from './letter.ts';
import { createCourse, type Course, type CourseOptions, type Told } from './routes/course.ts';
import type { Owners } from './routes/owners.ts';

export interface Notices {
  /** Goes with every position that is committed. */
  readonly metadata: string;
  /** It is not yet beside the committed position, and must be before anything is told or passed over. */
  readonly isNew: boolean;
  /** Before one or several letters are asked for. */
  readonly catchUp: () => Promise<void>;
  /** Of one record, each once and in order; null: no notice. */
  readonly letterOf: (value: Buffer) => Promise<Letter | null>;
}

export interface Following {
  readonly course: Course;
  readonly memory: Memory;
  readonly take: (value: Buffer) => Promise<{ readonly challenge: Challenge; readonly told: Told } | null>;
}

/** What a route remembers beside its position. */
interface Memory {
  /** End of the log when the route first began. */
  readonly began: number;
  /** The hour (epoch milliseconds) of the last digest; null: it has none. */
  readonly digest: number | null;
}

async function readChallenge(codec: RecordCodec, value: Buffer): Promise<Challenge> {
  try {
    return codec.decode('Challenge', value);
  } catch (cause) {
    if (!(cause instanceof UnknownSchemaError)) throw cause;
    await codec.load(value);
    return codec.decode('Challenge', value);
  }
}

/** Every transition, as it is. */
export function everyTransition(codec: RecordCodec, dashboardUrl: string | null): Notices {
  return { metadata: '', isNew: false, catchUp: () => Promise.resolve(), letterOf: async (value) => plainLetter(await readChallenge(codec, value), dashboardUrl) };
}

export interface RouteReading {
  readonly log: LogReader;
  readonly codec: RecordCodec;
  readonly owners: Owners;
  readonly course: Omit<CourseOptions, 'over'>;
}

/**
 * A route's course as of a committed position: the log before it is read again, which costs little (a transition per challenge and day at most) and leaves
 * nothing to go out of step. A route that begins tells of what is open then and not of what is over: a new receiver is not told years of history.
 */
export async function follow({ log, codec, owners, course: options }: RouteReading, { topic, partition, offset, metadata }: Position): Promise<Following> {
  // A position without a memory was set by hand: from there on everything is told.
  const memory = readMemory(metadata) ?? { began: offset === 0 ? (await log.ends(topic))[partition] ?? 0 : 0, digest: null };
  await owners.catchUp();
  const over = new Set<string>();
  for await (const challenge of history(memory.began)) if (challenge.status === 'resolved') over.add(challenge.challenge_id);
  const course = createCourse({ ...options, over });
  for await (const challenge of history(offset)) course.take(challenge, owners.of(challenge.feature));
  return {
    course, memory,
    take: async (value) => {
      const challenge = await readChallenge(codec, value);
      const told = course.take(challenge, owners.of(challenge.feature));
      return told === null ? null : { challenge, told };
    },
  };

  async function* history(to: number): AsyncGenerator<Challenge> {
    for await (const records of log.read({ topic, partition, offset: 0 }, to)) for (const { value } of records) if (value !== null) yield await readChallenge(codec, value);
  }
}

export async function routeNotices(route: string, reading: RouteReading, committed: Position, dashboardUrl: string | null): Promise<Notices> {
  const { memory, take } = await follow(reading, committed);
  return {
    metadata: writeMemory(memory),
    isNew: committed.metadata === '',
    catchUp: () => reading.owners.catchUp(),
    letterOf: async (value) => {
      const taken = await take(value);
      return taken === null ? null : routeLetter(route, taken.challenge, taken.told, dashboardUrl);
    },
  };
}

export const writeMemory = (memory: Memory): string => JSON.stringify(memory);

function readMemory(metadata: string): Memory | null {
  return metadata === '' ? null : (JSON.parse(metadata) as Memory);
}
