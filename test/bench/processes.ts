/** What the system says of processes (Linux): processor time and memory, of a process and everything that it has started. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, in which /proc counts: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time so far, user and system. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.flatMap(withDescendants).reduce((sum, pid) => sum + ticks(pid), 0) / TICKS_PER_SECOND;
}

/** The most memory that each has ever had, summed, in MiB. */
export function peakRssMb(pids: readonly number[]): number {
  return pids.flatMap(withDescendants).reduce((sum, pid) => sum + statusKb(pid, 'VmHWM'), 0) / 1_024;
}

/** The memory that each has now, summed, in MiB. */
export function rssMb(pids: readonly number[]): number {
  return pids.flatMap(withDescendants).reduce((sum, pid) => sum + statusKb(pid, 'VmRSS'), 0) / 1_024;
}

function withDescendants(pid: number): number[] {
  const children = orEmpty(() => readdirSync(`/proc/${pid}/task`)).flatMap((thread) => orNothing(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')).split(' ').filter((child) => child !== ''));
  return [pid, ...children.flatMap((child) => withDescendants(Number(child)))];
}

function ticks(pid: number): number {
  const stat = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may contain anything; what follows it are fields 3 and on. 14 and 15: its own time, 16 and 17: of children that have ended.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
}

function statusKb(pid: number, name: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(orNothing(() => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1] ?? 0);
}

/** A process may end while it is being looked at. */
const orNothing = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
const orEmpty = (read: () => string[]): string[] => {
  try {
    return read();
  } catch {
    return [];
  }
};
