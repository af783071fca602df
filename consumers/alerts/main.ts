/** Alerts: every transition of a challenge to a webhook, or to the log where none is set; and those that a routes file wants, where it wants them. */
import { readFileSync } from 'node:fs';
import { connectKafka } from '../../infra/kafka/client.ts';
import { runTasks, type TaskLoop } from '../../infra/kafka/taskLoop.ts';
import { waitForTopics } from '../../infra/kafka/topics.ts';
import type { TaskGroup } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Log } from '../../infra/service/log.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { createAlertTask } from './alertTask.ts';
import { ALERTS_PATH, type Alert } from './alertmanager.ts';
import { createAlertmanagerTask } from './alertmanagerTask.ts';
import { createDigestTask } from './digestTask.ts';
import type { Letter } from './letter.ts';
import { createMailer } from './mail.ts';
import { everyTransition, follow, routeNotices, type RouteReading } from './notices.ts';
import type { Clock } from './patience.ts';
import { DEFAULT_ROUTE, readRoutes, type Route } from './routes/file.ts';
import { openAt } from './routes/hours.ts';
import { createOwners, type Owners } from './routes/owners.ts';
import { describeTarget, type Target } from './routes/targets.ts';
import { slackNotice } from './slack.ts';
import { createWatch, type RouteWatch } from './watch.ts';
import { createWebhook, type Delivery } from './webhook.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => { clearTimeout(timer); };
  },
};

interface Running {
  readonly name: string;
  readonly to: string;
  readonly watch: RouteWatch;
  readonly loop: TaskLoop;
}

interface Context {
  readonly codec: RecordCodec;
  readonly owners: Owners;
  readonly dashboardUrl: string | null;
  readonly allowPrivate: boolean;
}

export async function startAlerts(settings: Settings, log: Log): Promise<Service> {
  const { alerts: { webhookUrl, webhookSecret, allowPrivate, routesFile, secrets }, dashboard: { url: dashboardUrl } } = settings;
  const routes = routesFile === null ? [] : readRoutes(readFileSync(routesFile, 'utf8'), { variables: secrets, readFile: (path) => readFileSync(path, 'utf8') });
  const codec = await createCodec(connectRegistry(settings.registry), ['Challenge', 'Feature']);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-alerts', log });
  await waitForTopics(kafka, [topicName('challenges', settings.app)], log);
  const context: Context = { codec, owners: createOwners(kafka, codec, topicName('features', settings.app)), dashboardUrl, allowPrivate };

  const run = async (name: string, group: string, to: string, create: (watch: RouteWatch) => TaskGroup['create']): Promise<Running> => {
    const watch = createWatch(name, log, clock.now);
    const loop = await runTasks(kafka, { group, topics: [topicName('challenges', settings.app)], assignment: 'each', commit: 'offsets', create: create(watch) }, { app: settings.app, log });
    return { name, to, watch, loop };
  };
  const deliver = webhookUrl === null ? logged(log) : createWebhook({ url: webhookUrl, secret: webhookSecret, allowPrivate, now: clock.now });
  const main = await run(DEFAULT_ROUTE, 'alerts', 'webhook', (outcome) => (task) => createAlertTask(task, { begin: () => Promise.resolve(everyTransition(codec, dashboardUrl)), deliver, openAt: (now) => now, outcome, clock }));
  const others = await Promise.all(routes.map((route) => run(route.name, `alerts.${route.name}`, describeTarget(route.to), (watch) => taskOf(route, context, watch))));
  const all = [main, ...others];

  return {
    name: 'alerts',
    health: () => {
      const troubled = all.flatMap(({ name, loop }) => loop.state().tasks.filter(({ error }) => error !== null).map((task) => (name === DEFAULT_ROUTE ? task : { route: name, ...task })));
      const webhook = webhookUrl === null ? 'none set (ALERTS_WEBHOOK_URL): alerts go to the log' : main.watch.state();
      return {
        ready: troubled.length === 0 && !all.some(({ watch }) => watch.isFailing()),
        detail: {
          webhook, signed: webhookUrl !== null && webhookSecret !== null, delivered: main.watch.delivered(),
          ...(others.length === 0 ? {} : { routes: Object.fromEntries(others.map(({ name, to, watch }) => [name, { to, state: watch.state(), delivered: watch.delivered() }])) }),
          ...(troubled.length === 0 ? {} : { troubled }),
        },
      };
    },
    stop: async () => {
      await Promise.all(all.map(({ loop }) => loop.stop()));
      for (const { watch } of all) watch.close();
      await kafka.close();
    },
    failed: Promise.race(all.map(({ loop }) => loop.failed)),
  };
}

function taskOf({ name, match, tell, grouped, to, when }: Route, { codec, owners, dashboardUrl, allowPrivate }: Context, outcome: RouteWatch): TaskGroup['create'] {
  return (task) => {
    const reading: RouteReading = { log: task.log, codec, owners, course: { match, tell, grouped } };
    const catchUp = (): Promise<void> => owners.catchUp();
    if (to.kind === 'alertmanager') {
      const post = alertsTo(to, allowPrivate);
      return createAlertmanagerTask(task, { begin: (committed) => follow(reading, committed), catchUp, post, dashboardUrl, outcome, clock });
    }
    const deliver = deliveryTo(to, allowPrivate);
    switch (when.kind) {
      case 'digest':
        return createDigestTask(task, { route: name, weekly: when.weekly, begin: (committed) => follow(reading, committed), catchUp, deliver, dashboardUrl, outcome, clock });
      case 'always':
      case 'hours':
        return createAlertTask(task, {
          begin: (committed) => routeNotices(name, reading, committed, dashboardUrl),
          deliver, openAt: (now) => (when.kind === 'always' ? now : openAt(now, when.hours)), outcome, clock,
        });
    }
  };
}

function deliveryTo(to: Exclude<Target, { readonly kind: 'alertmanager' }>, allowAllPrivate: boolean): (letter: Letter) => Promise<Delivery> {
  switch (to.kind) {
    case 'webhook':
      return createWebhook({ url: to.url, secret: to.secret, allowPrivate: allowAllPrivate || to.allowPrivate, now: clock.now });
    case 'slack': {
      const post = createWebhook({ url: to.url, secret: null, allowPrivate: allowAllPrivate || to.allowPrivate, now: clock.now });
      return (letter) => post(slackNotice(letter));
    }
    case 'email':
      return createMailer({ ...to.server, to: to.to, allowPrivate: allowAllPrivate || to.server.allowPrivate });
  }
}

function alertsTo({ url, allowPrivate }: Extract<Target, { readonly kind: 'alertmanager' }>, allowAllPrivate: boolean): (alerts: readonly Alert[]) => Promise<Delivery> {
  const post = createWebhook({ url: url.replace(/\/+$/, '') + ALERTS_PATH, secret: null, allowPrivate: allowAllPrivate || allowPrivate, now: clock.now });
  return (alerts) => post({ key: null, body: JSON.stringify(alerts) });
}

/** Where no webhook is set. */
function logged(log: Log): (letter: Letter) => Promise<Delivery> {
  return ({ key, message, about }) => {
    log('info', message.replaceAll('\n', ' '), { ...about, key });
    return Promise.resolve({ ok: true });
  };
}
