/** The page in a real Chromium over time: what it asks again, what it says where there is no answer, and that it disturbs nobody who reads or writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordInserter } from '../../integration/sinkRows.ts';
import { options, signedIn, textOf, visit, world } from './browser.ts';
import { OPENING } from './world.ts';

/** Of *Now* and of a challenge. */
const AGAIN_MS = 15_000;

test('a stream that was refused is asked for again, and then what was missed', options, async () => {
  const { context, page } = await signedIn();
  await page.clock.install();
  await page.route('/api/live', (route) => route.fulfill({ status: 503 }));
  await visit(page, '/');
  await page.getByText('Reconnecting', { exact: true }).waitFor();
  await page.unroute('/api/live');
  const again = page.waitForRequest('/api/now');
  await page.clock.fastForward(AGAIN_MS);
  await page.getByText('Live', { exact: true }).waitFor();
  await again;
  await context.close();
});

test('what only the tables have comes without the stream, and what only the stream has told stays', options, async () => {
  assert.ok(world !== null);
  const { context, page } = await signedIn();
  await page.clock.install();
  await visit(page, '/');
  await page.getByText('Live', { exact: true }).waitFor();
  await world.feed.send('challenges', 0, 'c-told', 'Challenge', [{ ...OPENING, challenge_id: 'c-told', summary: 'told' }]);
  await page.waitForSelector('[data-challenge="c-told"]');
  const insert = await recordInserter(world.clickhouse);
  await insert('challenges', 'Challenge', [[100, { ...OPENING, challenge_id: 'c-quiet', summary: 'quiet' }]]);
  // An answer of the server is kept for some seconds, during which the page asks again and again.
  for (let asked = 0; asked < 20 && (await page.locator('[data-challenge="c-quiet"]').count()) === 0; asked++) {
    const answer = page.waitForResponse('/api/now');
    await page.clock.fastForward(AGAIN_MS);
    await answer;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.deepEqual((await textOf(page, 'section.column:has(h2:has-text("Deployment")) .summary')).toSorted(), ['quiet', 'told']);
  assert.match((await textOf(page, '[data-announce]'))[0] ?? '', /^ET challenge opened in deployment: deployment two$/);
  await context.close();
});

test('where answers stay away the page says since when, and no longer once they come', options, async () => {
  const { context, page } = await signedIn();
  await page.clock.install();
  await visit(page, '/');
  await page.getByText('Live', { exact: true }).waitFor();
  await page.route('/api/now', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<p>bad gateway</p>' }));
  for (let times = 0; times < 2; times++) {
    const answer = page.waitForResponse('/api/now');
    await page.clock.fastForward(AGAIN_MS);
    await answer;
  }
  await page.getByText(/^No answer since/).waitFor();
  assert.equal((await textOf(page, '.card-head a')).length >= 3, true, 'what was there is still there');
  await page.unroute('/api/now');
  await page.clock.fastForward(AGAIN_MS);
  await page.getByText('Live', { exact: true }).waitFor();
  await context.close();
});

test('a session that ends leads to the sign-in, unless somebody is writing', options, async () => {
  const { context, page } = await signedIn();
  await page.clock.install();
  await visit(page, '/challenges/c-et');
  await page.getByLabel('Comment').fill('half a sentence');
  await context.clearCookies();
  const refused = page.waitForResponse((response) => response.status() === 401);
  await page.clock.fastForward(AGAIN_MS);
  await refused;
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.getByText('sign in', { exact: false }).first().waitFor();
  assert.equal(await page.getByLabel('Comment').inputValue(), 'half a sentence');
  await page.getByLabel('Comment').fill('');
  await page.clock.fastForward(AGAIN_MS);
  await page.waitForSelector('#key');
  assert.deepEqual(await textOf(page, '[data-live]:visible'), [], 'nothing is asked for behind the form');
  await context.close();
});

test('a tab that is not looked at holds no stream, and asks when it is looked at again', options, async () => {
  const { context, page } = await signedIn();
  await visit(page, '/');
  await page.getByText('Live', { exact: true }).waitFor();
  const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/live'));
  const look = (hidden: boolean): Promise<void> => page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { get: () => is, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await look(true);
  await ended;
  const [stream, answer] = [page.waitForRequest('/api/live'), page.waitForResponse('/api/now')];
  await look(false);
  await Promise.all([stream, answer]);
  await page.getByText('Live', { exact: true }).waitFor();
  await context.close();
});

test('clicked twice it is done once, and what is tried again after a failure is the same action', options, async () => {
  const { context, page } = await signedIn();
  await visit(page, '/challenges/c-et');
  const ids: string[] = [];
  let fails = true;
  let go: () => void = () => undefined;
  let held = Promise.resolve();
  await page.route('**/actions', async (route) => {
    if (route.request().method() === 'GET') return route.continue();
    ids.push((route.request().postDataJSON() as { action_id: string }).action_id);
    await held;
    return fails ? route.fulfill({ status: 503, json: { detail: 'Kafka is away' } }) : route.continue();
  });
  const acknowledge = page.getByRole('button', { name: 'Acknowledge' });
  await acknowledge.dblclick();
  await page.getByText('Kafka is away').waitFor();
  fails = false;
  const taken = page.waitForResponse((response) => response.status() === 201);
  await acknowledge.click();
  await taken;
  assert.equal(new Set(ids).size, 1, ids.join());
  assert.ok(ids.length <= 3);
  const useful = page.waitForResponse((response) => response.status() === 201);
  held = new Promise((resolve) => { go = resolve; });
  await page.getByRole('button', { name: 'Useful', exact: true }).dblclick();
  go();
  await useful;
  await page.waitForFunction(() => document.querySelector('.log')?.textContent.includes('found it useful'));
  assert.equal(ids.length - ids.lastIndexOf(ids[0] ?? '') - 1, 1, 'one vote');
  await context.close();
});

test('what is drawn anew keeps the focus, and open what was opened; a fix shows without a reload', options, async () => {
  assert.ok(world !== null);
  const { context, page } = await signedIn();
  await page.clock.install();
  await visit(page, '/challenges/c-sop');
  await page.getByText('SQL: levels').click();
  await page.getByRole('button', { name: 'Mark fixed' }).focus();
  const insert = await recordInserter(world.clickhouse);
  await insert('challengeActions', 'ChallengeAction', [[100, { action_id: '0190a000-0000-7000-8000-00000000000a', challenge_id: 'c-sop', kind: 'fixed', at: Date.now(), by: 'ada', until: null, assignee: null, text: null }]]);
  await page.clock.fastForward(AGAIN_MS);
  await page.getByRole('heading', { name: 'Since it was marked fixed' }).waitFor();
  await page.waitForFunction(() => document.querySelector('.log')?.textContent.includes('ada'));
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Mark fixed');
  assert.equal(await page.locator('details[open] > summary').filter({ hasText: 'SQL: levels' }).count(), 1);
  await context.close();
});

test('the pipeline without ClickHouse: what is away is said, the rest is there; read by keyboard it goes on', options, async () => {
  const { context, page } = await signedIn();
  await page.clock.install();
  await visit(page, '/pipeline');
  await page.getByText('By group and partition', { exact: true }).click();
  let asked = 0;
  await page.route('/api/pipeline', async (route) => {
    asked += 1;
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()) as object, tables: null } });
  });
  await page.clock.fastForward(5_000);
  await page.getByText('ClickHouse does not answer', { exact: false }).waitFor();
  assert.ok(asked > 0);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'By group and partition');
  assert.ok((await page.locator('details[open] table').count()) > 0);
  await context.close();
});

test('who could not be signed out is told so', options, async () => {
  const { context, page } = await signedIn();
  await visit(page, '/stages');
  await page.route('/api/session', (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 503, json: { detail: 'not now' } }) : route.continue()));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are still signed in: not now.').waitFor();
  await page.unroute('/api/session');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('#key');
  await context.close();
});
