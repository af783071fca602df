/** What a probe says of what it meets. On real parts: test/integration/canary.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe, type ProbeEdges } from '../../../infra/cli/canary/probe.ts';
import { startedAt } from '../../../infra/cli/canary/rehearsal.ts';
import { REHEARSAL, TOPICS, topicName, type TopicId } from '../../../schemas/topics.ts';

function edges(changes: Partial<ProbeEdges>): ProbeEdges {
  let at = 1_000_000;
  return { post: () => Promise.resolve(202), isSeen: () => Promise.resolve(true), now: () => at, pause: (ms) => { at += ms; return Promise.resolve(); }, ...changes };
}

test('an event that comes through tells how long it took; one that does not, where it ended', async () => {
  let looks = 0;
  assert.deepEqual(await probe('e', edges({ isSeen: () => Promise.resolve(++looks === 3) })), { result: 'seen', seconds: 0.475 });
  assert.match(JSON.stringify(await probe('e', edges({ post: () => Promise.resolve(401) }))), /"refused".*answered 401/);
  assert.match(JSON.stringify(await probe('e', edges({ post: () => Promise.reject(new Error('ECONNREFUSED')) }))), /"refused".*ECONNREFUSED/);
  assert.match(JSON.stringify(await probe('e', edges({ isSeen: () => Promise.resolve(false) }))), /"late".*within 120 s/);
  assert.match(JSON.stringify(await probe('e', edges({ isSeen: () => Promise.reject(new Error('no ClickHouse')) }))), /"unseeable".*no ClickHouse/);
});

test('what is posted is of now, by the canary alone, and looked for from then on', async () => {
  const posted: object[] = [];
  const asked: unknown[] = [];
  await probe('e', edges({ post: (event) => { posted.push(event); return Promise.resolve(202); }, isSeen: (...args) => { asked.push(args); return Promise.resolve(true); } }));
  assert.deepEqual(posted, [{ event_id: 'e', user_id: 'chokepoint-canary', occurred_at: 1_000_000, type: 'interaction', feature: 'chokepoint.canary', action: 'probe' }]);
  assert.deepEqual(asked, [['e', 1_000_000]]);
});

test('a rehearsal shares no topic with anybody', () => {
  const ids = Object.keys(TOPICS) as TopicId[];
  const others = new Set(['', 'replay'].flatMap((app) => ids.map((id) => topicName(id, app))));
  for (const id of ids) assert.ok(!others.has(topicName(id, `${REHEARSAL}x`)) && topicName(id, `${REHEARSAL}x`).startsWith(`${REHEARSAL}x.`));
});

test('only what a rehearsal has named is taken for one', () => {
  const now = Date.UTC(2026, 10, 29);
  assert.equal(startedAt(`${REHEARSAL}${now.toString(36)}`), now);
  for (const app of ['', 'platform', 'canary', 'canary-test', REHEARSAL, `${REHEARSAL}x`, `${REHEARSAL}of-anna`, 'mycanary-rehearsal-mibc1234']) assert.equal(startedAt(app), Infinity, app);
});
