/** Brings the local platform up and holds it until it is stopped or killed: `node holdUp.ts DIR`. Tells its pids and addresses in one line of JSON. */
import { bringUp } from '../../infra/local/up.ts';
import { createLog } from '../../infra/service/log.ts';
import { readSettings, settingsNamed } from '../../infra/settings.ts';

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: holdUp.ts DIR');
try {
  const platform = await bringUp(readSettings(process.env), settingsNamed(process.env), { dataDir, log: createLog('holdUp') });
  console.log(JSON.stringify({ pids: platform.parts.map(({ pid }) => pid), kafka: platform.kafka, registry: platform.registry, clickhouse: platform.clickhouse }));
  process.once('SIGTERM', () => { void platform.stop().then(() => process.exit(0)); });
  setInterval(() => undefined, 60_000);
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  process.exit(1);
}
