/**
 * Which tabs live: each holds a Web Lock of its own name as long as it is open, however it ends. Where there are no locks (pages that are not served over
 * HTTPS) nobody can tell, and every other tab counts as gone: its events may then be sent twice, and count once.
 */
const PREFIX = 'chokepoint-tab-';

/** Holds the lock until the function that is given is called. A page that holds one cannot rest in the back/forward cache: it lets go as it is left. */
export function live(tab: string): () => void {
  if (!('locks' in navigator)) return () => undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
  navigator.locks.request(PREFIX + tab, () => held).catch(() => undefined);
  return () => { release(); };
}

/** The tabs that live, as far as can be told. */
export async function living(): Promise<ReadonlySet<string>> {
  if (!('locks' in navigator)) return new Set();
  const { held = [], pending = [] } = await navigator.locks.query();
  return new Set([...held, ...pending].map(({ name = '' }) => name.slice(PREFIX.length)));
}
