/**
 * What Node and V8 are told before anything else is loaded (docs/decisions/0033). In this order: compiled code is of use only under the flags that it was
 * compiled under.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cacheDirectory } from '../cacheDirectory.ts';

/**
 * V8 begins to mark the whole heap for every 64 MiB of buffers that have become old since it last did, however large the heap is: what is fetched from Kafka
 * waits in buffers, so a task with much state and much input marks its state for every few fetches. With this, buffers count like the heap's own
 * memory: it is marked when both together have grown in proportion.
 */
const BUFFERS_COUNT_AS_HEAP = '--external-memory-accounted-in-global-limit';
/** Of those versions V8 is known to know the flag; another one would complain on stderr. */
const KNOWN_BY = 'v24.';

/** `hasLargeState`: of what the process keeps there is so much that to mark it costs more than the memory that waits to be marked. */
export function tuneEngine({ hasLargeState }: { readonly hasLargeState: boolean }): void {
  if (hasLargeState && process.version.startsWith(KNOWN_BY)) setFlagsFromString(BUFFERS_COUNT_AS_HEAP);
  keepCompiledCode();
}

/**
 * Modules are stripped of their types and compiled once, and found in a directory by the next process. A thread has to ask for itself. Where the directory cannot be written, as
 * in a container, nothing is kept; NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
export function keepCompiledCode(): void {
  enableCompileCache(join(cacheDirectory(process.env), 'compiled'));
}
