/** Alerts: every transition of a challenge to a webhook, or to the log where none is set. */
import { connectKafka } from '../../infra/kafka/client.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Log } from '../../infra/service/log.ts';
import { metrics } from '../../infra/service/metrics.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { createAlertTask, type AlertDependencies } from './alertTask.ts';
import { createWebhook } from './webhook.ts';

const clock: AlertDependencies['clock'] = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => { clearTimeout(timer); };
  },
};

export async function startAlerts(settings: Settings, log: Log): Promise<Service> {
  const { alerts: { webhookUrl, webhookSecret, allowPrivate }, dashboard: { url: dashboardUrl } } = settings;
  const codec = await createCodec(connectRegistry(settings.registry), ['Challenge']);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-alerts', log });
  let failing: { readonly since: number; readonly why: string } | null = null;
  let delivered = 0;

  const deliver = webhookUrl === null ? logged(log) : createWebhook({ url: webhookUrl, secret: webhookSecret, allowPrivate, now: clock.now });
  const onAttempt: AlertDependencies['onAttempt'] = (delivery, retryInMs) => {
    if (delivery.ok) {
      if (failing !== null) log('info', 'the webhook answers again', { after_ms: clock.now() - failing.since });
      failing = null;
      delivered += 1;
      metrics.alertsDelivered.inc();
      return;
    }
    metrics.alertsFailures.inc();
    failing = { since: failing?.since ?? clock.now(), why: delivery.why };
    log('warn', 'an alert was not delivered: it will be sent again', { why: delivery.why, retry_ms: retryInMs });
  };
  const loop = await runTasks(kafka, {
    group: 'alerts',
    topics: [topicName('challenges', settings.app)],
    assignment: 'each',
    commit: 'offsets',
    create: (context) => createAlertTask(context, { codec, dashboardUrl, deliver, onAttempt, clock }),
  }, { app: settings.app, log });

  return {
    name: 'alerts',
    health: () => {
      const { tasks } = loop.state();
      const troubled = tasks.filter(({ error }) => error !== null);
      const webhook = webhookUrl === null ? 'none set (ALERTS_WEBHOOK_URL): alerts go to the log' : failing === null ? 'answers' : `failing since ${new Date(failing.since).toISOString()}: ${failing.why}`;
      return { ready: failing === null && troubled.length === 0, detail: { webhook, signed: webhookUrl !== null && webhookSecret !== null, delivered, ...(troubled.length === 0 ? {} : { troubled }) } };
    },
    stop: async () => {
      await loop.stop();
      await kafka.close();
    },
    failed: loop.failed,
  };
}

/** Where no webhook is set. */
function logged(log: Log): AlertDependencies['deliver'] {
  return ({ key }, { dimension, status }, message) => {
    log('info', message.replaceAll('\n', ' '), { dimension, status, key });
    return Promise.resolve({ ok: true });
  };
}
