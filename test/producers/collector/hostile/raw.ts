/** Bytes to a server as they are, and what came back until it closed the connection. */
import { connect } from 'node:net';

export function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      for (const part of parts) socket.write(part);
    });
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    // A reset is an answer too: the server had enough.
    socket.on('error', () => undefined).once('close', () => {
      resolve(answer);
    });
    socket.once('end', () => socket.end());
  });
}

/** The statuses of the answers in it. */
export const statusesOf = (answer: string): number[] => [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
