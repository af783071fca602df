/**
 * Java's archive of a part's classes beside its jars, read and checked once: with it Kafka and the registry take half the CPU to start (measured: 8.9 s
 * without, 4.3 s with). It is made by `npm test` (test/classArchives.ts), which starts them dozens of times, and used by every start that finds it.
 */
import { existsSync } from 'node:fs';

/** Of a folder of jars, or of a jar. */
export const archiveOf = (jars: string): string => `${jars}.jsa`;

/** Java goes on without one that it cannot use, since it is another Java or the jars are others; it does not need to tell. */
export function archiveFlags(jars: string): string[] {
  const archive = archiveOf(jars);
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds*=off'] : [];
}

/** Has Java write one, when it ends in order. */
export const recordFlags = (file: string): string[] => [`-XX:ArchiveClassesAtExit=${file}`, '-Xlog:cds*=off'];
