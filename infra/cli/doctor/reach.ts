/** Whether somebody answers at an address, and work that must not take for ever. */
import { connect } from 'node:net';

const REACH_MS = 3_000;

/** Null where a connection came about; otherwise why not. */
export function unreachable(address: { readonly host: string; readonly port: number }): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout: REACH_MS });
    const answer = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => { answer(null); });
    socket.once('timeout', () => { answer(`does not answer within ${REACH_MS / 1000} s`); });
    socket.once('error', (error) => { answer(`cannot be reached: ${error.message}`); });
  });
}

export function addressOf(broker: string): { host: string; port: number } {
  const at = broker.lastIndexOf(':');
  return { host: broker.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(broker.slice(at + 1)) };
}

export function addressOfUrl(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}

/** The work goes on where the time is up; nobody waits for it any more. */
export async function inTime<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(`no answer within ${limitMs / 1000} s`)); }, limitMs);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
