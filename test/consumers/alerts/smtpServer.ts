/** An SMTP server on this machine that keeps what it gets. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../producers/collector/certificate.ts';

export interface Mail {
  readonly to: string;
  readonly user: string | null;
  readonly secure: boolean;
  readonly text: string;
}
export interface SmtpReceiver {
  readonly port: number;
  readonly mails: Mail[];
  close(): Promise<void>;
}

/** `refuse`: recipients that it does not take now. `security`: what it offers. */
export async function startSmtpServer({ refuse = () => false, security = 'none' }: { readonly refuse?: (to: string) => boolean; readonly security?: 'none' | 'starttls' } = {}): Promise<SmtpReceiver> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true, cert: CERTIFICATE, key: CERTIFICATE_KEY, disabledCommands: security === 'none' ? ['STARTTLS'] : [],
    onAuth: ({ username, password }, _session, callback) => { callback(password === 'right' ? null : new Error('no'), { user: username }); },
    onRcptTo: ({ address }, _session, callback) => { callback(refuse(address) ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null); },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) mails.push({ to: address, user: typeof session.user === 'string' ? session.user : null, secure: session.secure, text: Buffer.concat(chunks).toString('utf8') });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { port: (server.server.address() as AddressInfo).port, mails, close: () => new Promise((resolve) => { server.close(() => { resolve(); }); }) };
}
