/** A service in a process of its own, for service.test.ts: what it does is its first argument. */
import { runService } from '../../../infra/service/service.ts';

const [kind = '', port = '0'] = process.argv.slice(2);
const never = new Promise<never>(() => undefined);

await runService(
  async (log) => {
    if (kind === 'cannot-start') throw new Error('no such thing', { cause: new Error('deeper') });
    if (kind === 'never-starts') await never;
    log('info', 'composed', { kind });
    return {
      name: 'child',
      health: () => ({ ready: kind !== 'not-ready', detail: { kind } }),
      failed: kind === 'fails' ? Promise.resolve(new Error('it broke')) : never,
      stop: async () => {
        if (kind === 'never-stops') {
          setInterval(() => undefined, 1_000);
          await never;
        }
        log('info', 'closed');
      },
    };
  },
  { name: 'child', port: Number(port), host: '127.0.0.1' },
);
