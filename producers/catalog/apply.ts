/** Posts what a file changes to the collector's admin API: features first, so that nobody is known before the features that they use are. */
import { json, type Post } from '../client/poster.ts';
import { toPost, type CatalogChanges } from './changes.ts';

/** Below the collector's default limits of 5,000 values and 1.5 MiB: an entry's names have at most 256 characters each. */
const REQUEST_ENTRIES = 500;

/** Resolves once all of it is acknowledged. What a failure leaves half done, applying the file again completes. */
export async function applyChanges({ features, users }: CatalogChanges, post: Post): Promise<void> {
  for (const part of parts(toPost(features))) await post('/v1/features', json({ features: part }));
  for (const part of parts(toPost(users))) await post('/v1/users', json({ users: part }));
}

function* parts<Entry>(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let from = 0; from < entries.length; from += REQUEST_ENTRIES) yield entries.slice(from, from + REQUEST_ENTRIES);
}
