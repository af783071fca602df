import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRoutes, RoutesError, type Route } from '../../../../consumers/alerts/routes/file.ts';

const secrets = {
  variables: { ALERTS_SECRET_SLACK: 'https://hooks.slack.example/services/T/B/x', ALERTS_SECRET_NOTEBOOKS: ' https://hooks.slack.example/services/T/B/y\n', ALERTS_SECRET_EMPTY: '' },
  readFile: (path: string): string => {
    if (path !== '/run/secrets/hmac') throw new Error('ENOENT');
    return 'of-the-file\n';
  },
};
const read = (text: string): readonly Route[] => readRoutes(text, secrets);
const problemsOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof RoutesError);
    return error.message;
  }
  return '';
};
const SLACK = '{ slack: { url: { env: ALERTS_SECRET_SLACK } } }';

test('without more: SoP to people in working hours, ET as a digest on Mondays, groups, opened and resolved', () => {
  const [sop, et, ...more] = read(`{ time_zone: Europe/Berlin, routes: { people: { to: ${SLACK} } } }`).toSorted((a, b) => b.name.localeCompare(a.name));
  assert.deepEqual(more, []);
  assert.deepEqual(sop, {
    name: 'people.sop', match: { dimension: ['SoP'], stage: null, feature: null, severity: null, owner: null, exceptOwners: null }, tell: ['opened', 'resolved'], grouped: true,
    to: { kind: 'slack', url: 'https://hooks.slack.example/services/T/B/x', allowPrivate: false }, when: { kind: 'hours', hours: { days: [1, 2, 3, 4, 5], from: 540, to: 1_020, timeZone: 'Europe/Berlin' } },
  });
  assert.deepEqual([et?.name, et?.match.dimension, et?.when], ['people.et', ['ET'], { kind: 'digest', weekly: { days: [1], at: 540, timeZone: 'Europe/Berlin' } }]);
});

test('machines get everything at once', () => {
  const [route, ...more] = read('{ routes: { all: { to: { webhook: { url: "https://receiver.example/hook", secret: { file: /run/secrets/hmac }, allow_private: true } } } } }');
  assert.deepEqual(more, []);
  assert.deepEqual([route?.name, route?.when, route?.to], ['all', { kind: 'always' }, { kind: 'webhook', url: 'https://receiver.example/hook', secret: 'of-the-file', allowPrivate: true }]);
});

test('to owners: a route each, and one for what none of them owns', () => {
  const routes = read(`
owners:
  "Team Notebooks": { slack: { url: { env: ALERTS_SECRET_NOTEBOOKS } } }
  ada@example.com: ${SLACK}
routes:
  simplify: { match: { dimension: SoP, stage: [features, training] }, to: { owners: { otherwise: ${SLACK} } } }
`);
  assert.deepEqual(routes.map(({ name, match: { owner, exceptOwners, stage } }) => [name, owner, exceptOwners, stage]), [
    ['simplify.team-notebooks', ['Team Notebooks'], null, ['features', 'training']],
    ['simplify.ada-example-com', ['ada@example.com'], null, ['features', 'training']],
    ['simplify', null, ['Team Notebooks', 'ada@example.com'], ['features', 'training']],
  ]);
  assert.equal(routes[0]?.to.kind === 'slack' && routes[0].to.url, 'https://hooks.slack.example/services/T/B/y');
});

test('hours and digests of one\'s own', () => {
  const whenOf = (when: string): unknown => read(`{ working_hours: { days: [sun, mon], from: "08:00", to: "16:30" }, routes: { a: { to: ${SLACK}, when: ${when} } } }`)[0]?.when;
  assert.deepEqual(whenOf('always'), { kind: 'always' });
  assert.deepEqual(whenOf('working_hours'), { kind: 'hours', hours: { days: [0, 1], from: 480, to: 990, timeZone: 'UTC' } });
  assert.deepEqual(whenOf('{ from: "07:00", to: "24:00", time_zone: Asia/Tokyo }'), { kind: 'hours', hours: { days: [0, 1, 2, 3, 4, 5, 6], from: 420, to: 1_440, timeZone: 'Asia/Tokyo' } });
  assert.deepEqual(whenOf('{ digest: { days: [mon, thu], at: "10:15" } }'), { kind: 'digest', weekly: { days: [1, 4], at: 615, timeZone: 'UTC' } });
});

test('mail goes by the server of the file; an Alertmanager is told everything, since what it tells is its own affair', () => {
  const [mail, alertmanager] = read(`
smtp: { host: smtp.example.com, from: chokepoint@example.com, username: chokepoint, password: { file: /run/secrets/hmac } }
routes:
  mail: { match: { dimension: ET }, to: { email: [ada@example.com, bob@example.com] } }
  on-call: { match: { severity: critical }, to: { alertmanager: { url: "http://alertmanager:9093" } } }
`);
  assert.deepEqual(mail?.to, { kind: 'email', to: ['ada@example.com', 'bob@example.com'], server: { host: 'smtp.example.com', port: 587, security: 'starttls', from: 'chokepoint@example.com', auth: { user: 'chokepoint', pass: 'of-the-file' }, allowPrivate: false } });
  assert.equal(mail.when.kind, 'digest');
  assert.deepEqual([alertmanager?.name, alertmanager?.when, alertmanager?.grouped, alertmanager?.tell.length], ['on-call', { kind: 'always' }, false, 4]);
});

test('what is wrong with mail and with an Alertmanager', () => {
  const message = problemsOf(`
smtp: { host: smtp.example.com, security: none, username: chokepoint, password: { file: /run/secrets/hmac }, port: 0 }
routes:
  a: { to: { email: "ada@example.com, bob@example.com" } }
  b: { to: { alertmanager: { url: "http://alertmanager:9093" } }, when: always, grouped: true }
`);
  for (const place of ['smtp.from is missing', 'smtp.security must not be none where there is a password', 'smtp.port must be a whole number', 'routes.a.to.email must be addresses like', 'routes.b.when has no place', 'routes.b.grouped has no place']) assert.ok(message.includes(`  ${place}`), `${place}\n${message}`);
  assert.match(problemsOf('{ routes: { a: { to: { email: ada@example.com } } } }'), /routes\.a\.to\.email needs smtp at the top of the file/);
});

test('all problems at once, each with its place', () => {
  const message = problemsOf(`
time_zone: Europe/Bärlin
owner: {}
routes:
  Big: { to: ${SLACK} }
  alerts: { to: ${SLACK} }
  a: { match: { dimension: Sop, levle: expert }, to: { slack: { url: "https://hooks.slack.example/in/clear" } }, tell: [opened, closed] }
  b: { to: { slack: { url: { env: KAFKA_SASL_PASSWORD } } }, when: { from: "22:00", to: "07:00" } }
  c: { to: { slack: { url: { env: ALERTS_SECRET_MISSING } } }, when: { digest: { at: 9 } } }
  d: { to: { owners: {} } }
  e: { to: { pigeon: {} } }
  f: { when: sometimes }
  g: { to: { webhook: { url: "ftp://x", secret: { file: /nowhere } } } }
`);
  for (const place of [
    'time_zone must be a name', 'owner is not known', 'routes.Big has a name', 'routes.alerts has the name of', 'routes.a.match.dimension must be one of ET, SoP', 'routes.a.match.levle is not known', 'routes.a.to.slack.url must not be in the file',
    'routes.a.tell must be one of opened', 'routes.b.to.slack.url.env must begin with ALERTS_SECRET_', 'routes.b.when.to must be later than from', 'routes.c.to.slack.url.env names ALERTS_SECRET_MISSING, which is not set',
    'routes.c.when.digest.at must be a time in quotes', 'routes.c.when.digest.days is missing', 'routes.d.to goes to owners, and the file has no owners', 'routes.d.to.owners.otherwise is missing', 'routes.e.to must be one of', 'routes.f.to is missing', 'routes.f.when must be always',
    'routes.g.to.webhook.url must be a URL', 'routes.g.to.webhook.secret.file names /nowhere',
  ]) assert.ok(message.includes(`  ${place}`), `${place}\n${message}`);
  assert.ok(!message.includes('in/clear'), 'a secret in the wrong place is not repeated');
});

test('no file of routes', () => {
  for (const text of ['', 'routes: {}', '[]', 'routes: 3']) assert.match(problemsOf(text), /problem\(s\)/, text);
  assert.match(problemsOf('routes: {a: 1, a: 2}'), /neither JSON nor YAML/);
  assert.match(problemsOf(`{ owners: { A b: ${SLACK}, a-B: ${SLACK} }, routes: { x: { match: { dimension: SoP }, to: { owners: { otherwise: ${SLACK} } } } } }`), /x\.a-b is the name of two routes/);
});
