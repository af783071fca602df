/**
 * Letters as e-mail, one to each recipient, so that one whose address is refused does not make the others get theirs again. The address of the server is checked
 * and then connected to, as that of a webhook; a password or a letter never goes over a connection that should have been encrypted and is not.
 */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { isRefused } from './addresses.ts';
import type { Letter } from './letter.ts';
import type { Delivery } from './webhook.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `starttls`: must be offered; `tls`: from the first byte on. */
  readonly security: 'starttls' | 'tls' | 'none';
  readonly from: string;
  readonly auth: { readonly user: string; readonly pass: string } | null;
  readonly allowPrivate: boolean;
}

export interface MailOptions extends SmtpServer {
  readonly to: readonly string[];
  /** PEM, beside those that the machine trusts; for tests. */
  readonly ca?: string;
}

/** Ours: for each of connecting, the greeting, and a silence. */
const TIMEOUT_MS = 20_000;

/** The same for the same letter and recipient, whenever it is sent: servers and programs that look at it show it once. */
const idOf = (text: string): string => `<${createHash('sha256').update(text).digest('hex').slice(0, 40)}@chokepoint>`;

export function createMailer({ host, port, security, from, auth, allowPrivate, to, ca }: MailOptions): (letter: Letter) => Promise<Delivery> {
  /** Who has the letter that is being delivered. */
  let had: { readonly key: string; readonly recipients: Set<string> } = { key: '', recipients: new Set() };
  let attempts = 0;

  const send = async (letter: Letter, recipient: string): Promise<void> => {
    const address = await checkedAddress(host, allowPrivate, attempts);
    const transport = createTransport({
      host: address, port, secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none',
      ...(auth === null ? {} : { auth }),
      // The certificate is the name's, not the address's.
      tls: { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) },
      connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS, disableFileAccess: true, disableUrlAccess: true,
    });
    try {
      await transport.sendMail({
        from, to: recipient, subject: letter.subject, text: letter.message, messageId: idOf(`${letter.key}\n${recipient}`), references: idOf(letter.thread),
        // Replies of absence, of which nobody reads.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Chokepoint-Key': letter.key },
      });
    } finally {
      transport.close();
    }
  };

  return async (letter) => {
    if (had.key !== letter.key) had = { key: letter.key, recipients: new Set() };
    const failed: string[] = [];
    for (const recipient of to) {
      if (had.recipients.has(recipient)) continue;
      try {
        await send(letter, recipient);
        had.recipients.add(recipient);
      } catch (cause) {
        failed.push(cause instanceof Error ? cause.message : String(cause));
      }
    }
    attempts += 1;
    return failed.length === 0 ? { ok: true } : { ok: false, why: `${failed.length} of ${to.length} recipients: ${failed[0] ?? ''}`, retryAfterMs: null };
  };
}

/** One of the name's addresses, another at each attempt; where one of them is refused, the name is. */
async function checkedAddress(host: string, allowPrivate: boolean, attempt: number): Promise<string> {
  const addresses = isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];
  const bad = allowPrivate ? undefined : addresses.find(isRefused);
  if (bad !== undefined) throw new Error(`refused to connect to ${host} (${bad}): not a public address (allow_private allows it)`);
  const address = addresses[attempt % addresses.length];
  if (address === undefined) throw new Error(`${host} has no address`);
  return address;
}
