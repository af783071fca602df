/** A process that tracks: `node spoolChild.ts URL KEY SPOOL FROM TO END [USER FEATURE]`. END: `stay` waits to be killed, `exit` calls process.exit at once, `end` runs out of work. */
import { createTracker } from '../../../producers/sdk/node/main.ts';

const [url = '', key = '', spool = '', from, to, end, user = 'ada', feature = 'f'] = process.argv.slice(2);
const tracker = createTracker({ url, key, user_id: user, batch_ms: 20, ...(spool === '' ? {} : { spool }) });
for (let n = Number(from); n < Number(to); n++) tracker.interaction(feature, String(n));
if (end === 'exit') process.exit(0);
if (end === 'stay') {
  console.log('tracked');
  process.stdin.resume();
}
