/** A process that tracks: `node spoolChild.ts URL SPOOL FROM TO END`. END: `stay` waits to be killed, `exit` calls process.exit at once, `end` runs out of work. */
import { createTracker } from '../../../producers/sdk/node/main.ts';

const [url = '', spool = '', from, to, end] = process.argv.slice(2);
const tracker = createTracker({ url, key: 'w', user_id: 'ada', batch_ms: 20, ...(spool === '' ? {} : { spool }) });
for (let n = Number(from); n < Number(to); n++) tracker.interaction('f', String(n));
if (end === 'exit') process.exit(0);
if (end === 'stay') {
  console.log('tracked');
  process.stdin.resume();
}
