/** What the registry has of a subject. Reads only: looking must not register anything. */
import type { Settings } from '../settings.ts';

export interface SubjectSeen {
  /** The schemas' texts, oldest first; empty where there is no such subject. */
  readonly versions: readonly string[];
  /** In force for the subject, its own or the registry's; null where the registry does not say. */
  readonly compatibility: string | null;
}

export interface RegistrySeen {
  readonly subjects: ReadonlyMap<string, SubjectSeen>;
  /** Of its last answer, in seconds as HTTP has it; null where it sends none. */
  readonly date: number | null;
}

/** Throws where the registry does not answer as a registry does. */
export async function inspectRegistry({ url, username, password }: Settings['registry'], subjects: readonly string[], limitMs: number): Promise<RegistrySeen> {
  const headers = username === null || password === null ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const signal = AbortSignal.timeout(limitMs);
  let date: number | null = null;
  const ask = async <Answer>(path: string): Promise<Answer | null> => {
    const answer = await fetch(`${url}/${path}`, { headers, signal });
    const text = await answer.text();
    date = Date.parse(answer.headers.get('date') ?? '') || null;
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`HTTP ${answer.status} for /${path.split('?')[0] ?? ''}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Answer;
  };
  const known = await ask<string[]>('subjects');
  if (!Array.isArray(known)) throw new Error('it has no /subjects: the path of Confluent\'s API may be missing from the URL (Apicurio: /apis/ccompat/v7)');
  const found = new Map<string, SubjectSeen>();
  for (const subject of subjects) {
    const name = encodeURIComponent(subject);
    const versions = known.includes(subject) ? await ask<number[]>(`subjects/${name}/versions`) ?? [] : [];
    const texts: string[] = [];
    for (const version of versions) texts.push((await ask<{ schema: string }>(`subjects/${name}/versions/${version}`))?.schema ?? '');
    // Its own first: asked for the one in force, Apicurio tells of the registry's where the subject's is NONE.
    const config = versions.length === 0 ? null : await ask<{ compatibilityLevel?: string }>(`config/${name}`) ?? await ask<{ compatibilityLevel?: string }>('config');
    found.set(subject, { versions: texts, compatibility: config?.compatibilityLevel ?? null });
  }
  return { subjects: found, date };
}
