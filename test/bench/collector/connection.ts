/** One keep-alive connection that writes prepared requests: what the client costs, the server has less of, so it parses no more than status and length. */
import { connect, type Socket } from 'node:net';

export interface Connection {
  /** Writes a request and resolves with the answer's status; one at a time. */
  ask(request: Buffer): Promise<number>;
  close(): void;
}

const HEAD_END = '\r\n\r\n';

export async function openConnection(port: number): Promise<Connection> {
  const socket = await connected(port);
  let text = '';
  let waiting: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | null = null;
  let gone: Error | null = null;
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    const head = text.indexOf(HEAD_END);
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1] ?? 0);
    const end = head + HEAD_END.length + length;
    if (text.length < end) return;
    const status = Number(text.slice(9, 12));
    text = text.slice(end);
    waiting?.resolve(status);
    waiting = null;
  });
  const fail = (error: Error): void => {
    gone ??= error;
    waiting?.reject(gone);
    waiting = null;
  };
  socket.on('error', fail).on('close', () => { fail(new Error('the connection was closed')); });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (gone !== null) {
          reject(gone);
          return;
        }
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => { socket.destroy(); },
  };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
