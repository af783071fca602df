import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { routeLetter, type Letter } from '../../../consumers/alerts/letter.ts';
import { createMailer, type MailOptions } from '../../../consumers/alerts/mail.ts';
import { CERTIFICATE } from '../../producers/collector/certificate.ts';
import { challenge } from './challenge.ts';
import { startSmtpServer, type Mail, type SmtpReceiver } from './smtpServer.ts';

async function startServer(t: TestContext, offers: Parameters<typeof startSmtpServer>[0] = {}): Promise<SmtpReceiver> {
  const server = await startSmtpServer(offers);
  t.after(() => server.close());
  return server;
}

const options = (port: number, changes: Partial<MailOptions> = {}): MailOptions => ({ host: '127.0.0.1', port, security: 'none', from: 'Chokepoint <chokepoint@example.com>', auth: null, allowPrivate: true, to: ['ada@example.com'], ...changes });
const letter = (changes: Parameters<typeof challenge>[0] = {}): Letter => routeLetter('teach', challenge(changes), { severity: 'info', first: 'info', owner: null, thread: 'g1' }, 'https://chokepoint.example');
const header = ({ text }: Mail, name: string): string | undefined => new RegExp(`^${name}: *(.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(text)?.[1]?.replaceAll(/\s+/g, ' ').trim();

test('a letter for each recipient, with what it says, its thread and its key; sent again it has the same id', async (t) => {
  const { port, mails } = await startServer(t);
  const deliver = createMailer(options(port, { to: ['ada@example.com', 'bob@example.com'] }));
  assert.deepEqual(await deliver(letter({ summary: 'Einführung fehlt: <b>' })), { ok: true });
  assert.deepEqual(mails.map(({ to }) => to), ['ada@example.com', 'bob@example.com']);
  const [ada, bob] = mails as [Mail, Mail];
  assert.equal(header(ada, 'subject'), '[Chokepoint] ET opened: train-job');
  assert.equal(header(ada, 'to'), 'ada@example.com');
  assert.match(header(ada, 'content-type') ?? '', /^text\/plain/);
  assert.equal(header(ada, 'auto-submitted'), 'auto-generated');
  assert.equal(header(ada, 'references'), header(bob, 'references'));
  assert.notEqual(header(ada, 'message-id'), header(bob, 'message-id'));
  await createMailer(options(port))(letter());
  assert.equal(header(mails[2] as Mail, 'message-id'), header(ada, 'message-id'));
});

test('one recipient is refused: the others have the letter once, and the refused one when it is taken', async (t) => {
  let isThere = false;
  const { port, mails } = await startServer(t, { refuse: (to) => to.startsWith('bob') && !isThere });
  const deliver = createMailer(options(port, { to: ['ada@example.com', 'bob@example.com', 'eve@example.com'] }));
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = await deliver(letter());
    assert.match(outcome.ok ? '' : outcome.why, /^1 of 3 recipients: .*no such mailbox/);
  }
  isThere = true;
  assert.deepEqual(await deliver(letter()), { ok: true });
  assert.deepEqual(mails.map(({ to }) => to[0]), ['a', 'e', 'b']);
  await deliver(letter({ status: 'resolved' }));
  assert.equal(mails.length, 6, 'the next letter is for all of them');
});

test('encrypted where it must be: with a password over STARTTLS; not at all where that is not offered, or the certificate is another\'s', async (t) => {
  const auth = { user: 'chokepoint', pass: 'right' };
  const good = await startServer(t, { security: 'starttls' });
  const untrusting = options(good.port, { host: 'localhost', security: 'starttls', auth });
  const secured = { ...untrusting, ca: CERTIFICATE };
  // Where localhost has an address of IPv6 too, that is tried at another attempt.
  const deliver = createMailer(secured);
  assert.ok((await deliver(letter())).ok || (await deliver(letter())).ok);
  assert.deepEqual(good.mails.map(({ user, secure }) => [user, secure]), [['chokepoint', true]]);
  assert.equal((await createMailer(untrusting)(letter())).ok, false);
  assert.equal((await createMailer({ ...secured, auth: { ...auth, pass: 'wrong' } })(letter())).ok, false);
  const plain = await startServer(t);
  assert.equal((await createMailer({ ...secured, port: plain.port })(letter())).ok, false);
  assert.deepEqual([good.mails.length, plain.mails.length], [1, 0]);
});

test('private addresses are not connected to, by number or by name; what is not there is an outcome, not an error', async (t) => {
  const { port, mails } = await startServer(t);
  for (const host of ['127.0.0.1', 'localhost']) {
    const outcome = await createMailer(options(port, { host, allowPrivate: false }))(letter());
    assert.match(outcome.ok ? '' : outcome.why, /refused to connect to (127\.0\.0\.1|localhost)/);
  }
  assert.equal(mails.length, 0);
  assert.equal((await createMailer(options(1))(letter())).ok, false);
});
