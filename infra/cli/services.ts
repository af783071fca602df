/** The services of the binary: which `main.ts` starts each, and on which port it answers for its health. */
import type { Log } from '../service/log.ts';
import { runService, type Service } from '../service/service.ts';
import { describeSettings, readSettings, type Settings } from '../settings.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './commands.ts';

interface ServiceEntry {
  readonly start: (settings: Settings, log: Log) => Promise<Service>;
  /** Port of /healthz, /readyz and /metrics. */
  readonly port: (settings: Settings) => number;
  /** The service answers for its health itself, on that port. */
  readonly ownServer?: true;
}

export const SERVICES = {
  collector: { start: async (settings, log) => (await import('../../producers/collector/main.ts')).startCollector(settings, log), port: (settings) => settings.collector.port, ownServer: true },
  processor: { start: async (settings, log) => (await import('../../streams/main.ts')).startProcessor(settings, log), port: (settings) => settings.healthPorts.processor },
  analyzer: { start: async (settings, log) => (await import('../../consumers/analyzer/main.ts')).startAnalyzer(settings, log), port: (settings) => settings.healthPorts.analyzer },
  sink: { start: async (settings, log) => (await import('../../consumers/clickhouse/main.ts')).startSink(settings, log), port: (settings) => settings.healthPorts.sink },
  dashboard: { start: async (settings, log) => (await import('./dashboard.ts')).startDashboardWithRules(settings, log), port: (settings) => settings.dashboard.port, ownServer: true },
  alerts: { start: async (settings, log) => (await import('../../consumers/alerts/main.ts')).startAlerts(settings, log), port: (settings) => settings.healthPorts.alerts },
} as const satisfies Readonly<Record<string, ServiceEntry>>;

export type ServiceName = keyof typeof SERVICES;

/** The command that runs one service alone, against brokers named by settings. */
export function serviceCommand(name: ServiceName, summary: string): Command {
  return {
    summary,
    run: async (args) => {
      if (readArguments(name, {}, args) === null) return 0;
      const settings = readSettings(process.env);
      const entry: ServiceEntry = SERVICES[name];
      await runService((log) => {
        log('info', 'settings', { settings: describeSettings(settings) });
        return entry.start(settings, log);
      }, { name, port: entry.ownServer === true ? null : entry.port(settings) });
      return 0;
    },
  };
}
