/** A certificate that is renewed is taken up by the server that runs: connections that are open keep the old one. */
import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Log } from '../../infra/service/log.ts';
import { metrics } from '../../infra/service/metrics.ts';
import { watchFile, type FileWatch } from './fileWatch.ts';
import type { Tls } from './server.ts';

/** `first` is what the server has, `read` gives what the settings name now. Until certificate and key fit together again, the ones from before stay. */
export function watchCertificate(server: Server, first: Tls, read: () => Promise<Tls>, { intervalMs, log }: { readonly intervalMs: number; readonly log: Log }): FileWatch {
  const textOf = ({ cert, key }: Tls): string => JSON.stringify({ cert, key });
  return watchFile({
    what: 'the certificate',
    read: async () => textOf(await read()),
    text: textOf(first),
    take: (next) => {
      const { cert, key } = JSON.parse(next) as Tls;
      createSecureContext({ cert, key });
      if (server instanceof TlsServer) server.setSecureContext({ cert, key });
    },
    onWrong: (wrong) => {
      metrics.collectorCertificateWrong.set(wrong ? 1 : 0);
    },
    intervalMs,
    log,
  });
}
