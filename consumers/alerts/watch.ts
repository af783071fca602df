/** How a route's deliveries go: for health, metrics and the log. */
import type { Log } from '../../infra/service/log.ts';
import { fromZero, metricSources, metrics } from '../../infra/service/metrics.ts';
import type { Outcome } from './patience.ts';

export interface RouteWatch extends Outcome {
  /** The receiver did not take the last attempt. */
  isFailing(): boolean;
  /** In words. */
  state(): string;
  delivered(): number;
  close(): void;
}

/** `route`: its name in metrics and in the log. */
export function createWatch(route: string, log: Log, now: () => number): RouteWatch {
  let failing: { readonly since: number; readonly why: string } | null = null;
  let delivered = 0;
  let until: number | null = null;
  for (const counter of [metrics.alertsDelivered, metrics.alertsFailures]) fromZero(counter, [{ route }]);
  metricSources.alertRoutes.set(route, () => failing !== null);
  return {
    isFailing: () => failing !== null,
    state: () => (failing !== null ? `failing since ${new Date(failing.since).toISOString()}: ${failing.why}` : until === null ? 'answers' : `waits until ${new Date(until).toISOString()}`),
    delivered: () => delivered,
    waits: (at) => { until = at; },
    attempt: (delivery, retryInMs) => {
      if (delivery.ok) {
        if (failing !== null) log('info', 'the receiver answers again', { route, after_ms: now() - failing.since });
        failing = null;
        delivered += 1;
        metrics.alertsDelivered.inc({ route });
        return;
      }
      metrics.alertsFailures.inc({ route });
      failing = { since: failing?.since ?? now(), why: delivery.why };
      log('warn', 'an alert was not delivered: it will be sent again', { route, why: delivery.why, retry_ms: retryInMs });
    },
    close: () => { metricSources.alertRoutes.delete(route); },
  };
}
