/** The schema registry, behind the codec's SchemaSource. The only import of the registry's client. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { SchemaSource } from '../../schemas/codec.ts';
import type { RecordName } from '../../schemas/records.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { Settings } from '../settings.ts';

/** `code`: BREAKING_CHANGE and COMPATIBILITY do not mend by waiting, REGISTRY_UNAVAILABLE may. */
export class RegistryError extends Error {
  readonly code: 'BREAKING_CHANGE' | 'COMPATIBILITY' | 'REGISTRY_UNAVAILABLE';
  constructor(code: RegistryError['code'], message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}

/** The client itself knows no limit: a registry that accepts connections and says nothing would hold a service up for ever. */
const ANSWER_LIMIT_MS = 20_000;
/** Services that start together register the same schemas at the same moment; what collides is done again. */
const ATTEMPTS = 4;
const PAUSE_MS = 150;

/**
 * Schemas go under `<topic>-value` with BACKWARD compatibility; ids are remembered. An id that the registry does not know, or that is no Avro
 * schema, gives null; a registry that does not answer throws a RegistryError.
 */
export function connectRegistry(settings: Settings['registry']): SchemaSource {
  const { url, username, password } = settings;
  const client = new SchemaRegistry({
    host: url,
    clientId: 'chokepoint',
    ...(username === null || password === null ? {} : { auth: { username, password } }),
    retry: { retries: 3, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 2 },
  });
  const texts = new Map<number, string>();
  return {
    register: async (name, schema) => {
      const subject = subjectOf(name);
      for (let attempt = 1; ; attempt++) {
        try {
          await requireBackward(settings, subject);
          const { id } = await answered(client.register({ type: SchemaType.AVRO, schema }, { subject, compatibility: COMPATIBILITY.BACKWARD }));
          return id;
        } catch (cause) {
          const error = registrationError(url, name, subject, cause);
          if (error.code !== 'REGISTRY_UNAVAILABLE' || attempt === ATTEMPTS) throw error;
          await new Promise((next) => setTimeout(next, PAUSE_MS * attempt));
        }
      }
    },
    schema: async (id) => {
      // Ids are positive: anything else was never given out, and some registries answer it with a server error.
      if (!Number.isInteger(id) || id <= 0) return null;
      let text = texts.get(id);
      if (text === undefined) {
        try {
          text = JSON.stringify(await answered(client.getSchema(id)));
        } catch (cause) {
          if (statusOf(cause) === 404 || notAvro(cause)) return null;
          throw new RegistryError('REGISTRY_UNAVAILABLE', `the schema registry at ${url} did not give schema ${id}: ${messageOf(cause)}`, { cause });
        }
        // A schema of another language prints without an Avro type.
        if (!text.startsWith('"') && !text.includes('"type"')) return null;
        texts.set(id, text);
      }
      return text;
    },
  };
}

/** The subject of a record: that of the topic which carries it. */
export function subjectOf(name: RecordName): string {
  const topic = Object.values(TOPICS).find(({ record }) => record === name);
  if (topic === undefined) throw new Error(`no topic in schemas/topics.ts carries ${name}`);
  return `${topic.name}-value`;
}

function registrationError(url: string, name: RecordName, subject: string, cause: unknown): RegistryError {
  const said = messageOf(cause);
  if (statusOf(cause) === 409 && isRegistration(cause)) {
    return new RegistryError('BREAKING_CHANGE', `schemas/${name}.avsc is not backward compatible with what subject ${subject} has: records that are already there could not be read any more. Give new fields a default and remove or rename none (${said})`, { cause });
  }
  if (cause instanceof Error && cause.message.startsWith('Compatibility does not match')) {
    return new RegistryError('COMPATIBILITY', `subject ${subject} is not set to BACKWARD (${said}): set it, or remove the subject's own setting`, { cause });
  }
  return new RegistryError('REGISTRY_UNAVAILABLE', `the schema registry at ${url} did not take ${name}: ${said}. Is it running, and SCHEMA_REGISTRY_URL its address with the path of Confluent's API?`, { cause });
}

/**
 * A subject without a setting of its own has one of NONE in Apicurio and none (404) in Confluent's registry; the client knows the second only, and
 * sets it after the first registration, where services that start together collide. What fails here shows in the registration that follows.
 */
async function requireBackward({ url, username, password }: Settings['registry'], subject: string): Promise<void> {
  const config = `${url}/config/${encodeURIComponent(subject)}`;
  const headers = {
    'content-type': 'application/vnd.schemaregistry.v1+json',
    ...(username === null || password === null ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }),
  };
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  try {
    const found = await fetch(config, { headers, signal });
    const { compatibilityLevel } = (await found.json()) as { compatibilityLevel?: string };
    if (found.status !== 404 && compatibilityLevel !== 'NONE') return;
    await (await fetch(config, { method: 'PUT', headers, body: '{"compatibility":"BACKWARD"}', signal })).arrayBuffer();
  } catch {
    // The registration says it better.
  }
}

/** Not the change of the subject's configuration, which may collide with another service's. */
function isRegistration(cause: unknown): boolean {
  const url = (cause as { url?: unknown } | null)?.url;
  return typeof url === 'string' && url.endsWith('/versions');
}

/** The client gives connection errors the status 400, so only exact ones mean something. */
function statusOf(cause: unknown): number | null {
  const status = (cause as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : null;
}

const notAvro = (cause: unknown): boolean => cause instanceof Error && statusOf(cause) === null && cause.name.startsWith('ConfluentSchemaRegistry');

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

async function answered<Value>(request: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`)); }, ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([request, late]);
  } finally {
    clearTimeout(timer);
  }
}
