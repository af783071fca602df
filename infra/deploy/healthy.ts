/**
 * The image's health check: asks the service of this container for /healthz, at the port that its settings give. Which service it is says the command
 * line of the first process. Exit code 0 or 1.
 */
import { readFileSync } from 'node:fs';
import { SERVICES, type ServiceName } from '../cli/services.ts';
import { readSettings, type Settings } from '../settings.ts';

const LIMIT_MS = 4_000;
const isService = (name: string): name is ServiceName => name in SERVICES;

/** Null where the container runs a command that answers no questions. */
export function healthUrl(commandLine: readonly string[], settings: Settings): string | null {
  const name = commandLine.find((word) => isService(word) || word === 'canary');
  if (name === undefined) return null;
  const port = isService(name) ? SERVICES[name].port(settings) : settings.canary.port;
  return `${name === 'collector' && settings.collector.tls !== null ? 'https' : 'http'}://127.0.0.1:${port}/healthz`;
}

if (import.meta.main) {
  const url = healthUrl(readFileSync('/proc/1/cmdline', 'utf8').split('\0'), readSettings(process.env));
  try {
    // Its own certificate is for its public name: what is asked here is only whether it answers.
    if (url?.startsWith('https:') === true) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const answer = url === null ? null : await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    process.exitCode = answer === null || answer.ok ? 0 : 1;
  } catch (error) {
    console.error(String(error));
    process.exitCode = 1;
  }
}
