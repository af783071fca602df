/** The page in a real Chromium, over a small platform in a real ClickHouse and Kafka: each view shows what the tables say, live, to whom it should, by keyboard, and nothing breaks out of it. One long file, since one platform and one browser serve all of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { topicName } from '../../../schemas/topics.ts';
import { open, options, rowsOf, settled, signedIn, textOf, visit, world } from './browser.ts';
import { HOSTILE, OPENING } from './world.ts';

const VIEWS = ['/', '/challenges/c-et', '/challenges/c-done', '/challenges/c-hostile', '/expertise', '/stages', '/pipeline', '/catalog'];
/** Ours: as the issue asks. */
const FIRST_PAINT_MS = 1_000;

test('signing in: a wrong key is told so, the right one opens the page that was asked for, and out again', options, async () => {
  const { context, page, complaints } = await open();
  await page.goto('/challenges/c-et');
  await page.fill('#key', 'wrong');
  await page.press('#key', 'Enter');
  await page.getByText('this is no admin key').waitFor();
  await page.fill('#key', 'admin');
  await page.press('#key', 'Enter');
  await page.getByRole('heading', { level: 1, name: 'data one' }).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees the session');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('#key');
  assert.equal((await context.request.get('/api/now')).status(), 401);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('Now shows what is open by stage, users affected, and what was resolved', options, async () => {
  const { context, page, complaints } = await signedIn();
  await visit(page, '/');
  const column = (name: string): Promise<string[]> => textOf(page, `section.column:has(h2:has-text("${name}")) .card-head a`);
  assert.deepEqual([await column('Data'), await column('Features'), await column('Training'), await column('Deployment')], [['data one'], [HOSTILE], ['training two'], []]);
  assert.deepEqual(await textOf(page, '.totals dd'), ['2', '1', '24', '18', '12', '< 5']);
  assert.match((await textOf(page, '.figures .fine'))[0] ?? '', new RegExp(`^Latest event .* ${String(new Date(Date.now() - 86_400_000).getUTCFullYear())}, 23:00 UTC$`), 'not what a wrong clock says');
  await page.waitForFunction(() => document.querySelectorAll('.pulse').length === 4);
  assert.match((await textOf(page, '[data-challenge="c-et"] .users'))[0] ?? '', /^18 of 24 users$/);
  assert.match((await textOf(page, '[data-challenge="c-sop"] .users'))[0] ?? '', /^46 of 54 users$/, 'all levels that the rule harms');
  assert.deepEqual((await rowsOf(page, 'Recently resolved challenges')).map(([name, stage, , end, , lasted]) => [name, stage, end, lasted]), [['ETdeployment one', 'Deployment', 'recovered', '10 days']]);
  await page.getByRole('button', { name: 'SoP, to simplify' }).click();
  assert.deepEqual(await textOf(page, '.card-head a'), ['training two']);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'SoP, to simplify', 'the focus stays where it was');
  // The fastest of a few: what else the machine does is not the page's.
  const paints: number[] = [];
  while (paints.length < 5 && !paints.some((paint) => paint < FIRST_PAINT_MS)) {
    await visit(page, '/');
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity));
  }
  assert.ok(paints.some((paint) => paint < FIRST_PAINT_MS), `first paint after ${paints.join(', ')} ms`);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a challenge that opens is there without a reload, is announced, and goes when it is resolved', options, async () => {
  assert.ok(world !== null);
  const { context, page, complaints } = await signedIn();
  await visit(page, '/');
  await page.getByText('Live', { exact: true }).waitFor();
  await world.feed.send('challenges', 0, OPENING.challenge_id, 'Challenge', [OPENING]);
  await page.waitForSelector('section.column:has(h2:has-text("Deployment")) [data-challenge="c-live"]');
  assert.match((await textOf(page, '[data-announce]'))[0] ?? '', /^ET challenge opened in deployment: deployment two$/);
  assert.deepEqual(await textOf(page, '[data-challenge="c-live"] .summary'), [HOSTILE]);
  assert.match((await textOf(page, '.title .lead'))[0] ?? '', /^4 open challenges; /);
  const now = Date.now();
  await world.feed.send('challenges', 0, OPENING.challenge_id, 'Challenge', [{ ...OPENING, status: 'resolved', evaluated_at: now, resolved_at: now, resolution: 'recovered' }]);
  await page.waitForSelector('[data-challenge="c-live"]', { state: 'detached' });
  assert.equal((await rowsOf(page, 'Recently resolved challenges'))[0]?.[0], 'ETdeployment two');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a challenge: evidence, thresholds, midnights, teams, SQL; user ids only for those who may', options, async () => {
  assert.ok(world !== null);
  const { context, page, complaints } = await signedIn();
  await visit(page, '/challenges/c-et');
  assert.deepEqual(await rowsOf(page, 'Evidence by level'), [
    ['Beginners', '18', '24', '75 %', '65 % to 85 %', 'above 50 %'], ['Intermediates', '4', '18', '22 %', '12 % to 32 %', '–'], ['Experts', '0', '12', '0 %', '0 % to 10 %', 'below 10 %'], ['Infrequent', '–', '< 5', '–', '–', '–'],
  ]);
  assert.match(await page.locator('figure svg').first().getAttribute('aria-label') ?? '', /Beginners 75 %, rule above 50 %; Intermediates 22 %; Experts 0 %, rule below 10 %; Infrequent fewer than 5 users/);
  assert.equal(await page.locator('path.threshold:not(.dashed)').count(), 2);
  const midnights = await rowsOf(page, 'What the rule saw at each midnight');
  assert.equal(midnights.length, 16);
  assert.deepEqual([midnights[0]?.slice(1), midnights.at(-1)?.slice(1)], [['holds', '79 %', '0 %'], ['below', '17 %', '0 %']]);
  assert.deepEqual(await rowsOf(page, 'Before and after it was marked fixed'), [['Beginners', '67 %', '79 %'], ['Experts', '0 %', '0 %'], ['Infrequent', '–', '–']]);
  assert.deepEqual((await rowsOf(page, 'Users affected by team')).map(([team, affected, of]) => [team, affected, of]), [['search', '8', '9'], ['ads', '6', '8'], [HOSTILE, '4', '7']]);
  assert.deepEqual((await rowsOf(page, 'The earliest events that it rests on')).map((row) => row[2]), ['beginner-1', `u-${HOSTILE}`]);
  const sql = (await textOf(page, 'pre'))[0] ?? '';
  assert.ok((await world.clickhouse.query<{ level: string }>(sql)).some(({ level }) => level === 'beginner'), 'the SQL runs as it stands there');
  assert.deepEqual(complaints, []);
  await context.close();

  const other = await open({ extraHTTPHeaders: world.proxyHeaders });
  await visit(other.page, '/challenges/c-et');
  assert.deepEqual((await rowsOf(other.page, 'The earliest events that it rests on')).map((row) => row[1]), ['e-1', `e-${HOSTILE}`]);
  assert.ok(!(await other.page.content()).includes('beginner-1'));
  assert.ok(!(await (await other.context.request.get('/api/challenges/c-et/samples')).text()).includes('beginner-1'));
  assert.equal(await other.page.getByRole('button', { name: 'Sign out' }).isVisible(), false);
  await visit(other.page, '/challenges/none-such');
  assert.deepEqual(await textOf(other.page, 'h1'), ['Not found']);
  await other.context.close();
});

test('what became of the users who were affected when it was marked fixed, beside the others; where a week has not passed, when', options, async () => {
  const { context, page, complaints } = await signedIn();
  await visit(page, '/challenges/c-done');
  const rows = await rowsOf(page, 'Before and after the fix');
  assert.deepEqual(rows.map(([name, users, , , change]) => [name, users, change]), [['Affected', '12 of 12', '−75 points'], ['Others', '12 of 12', '0 points']]);
  assert.deepEqual(rows.map(([, , before, after]) => [before, after]), [['100 %76 % to 100 %', '25 %9 % to 53 %'], ['0 %0 % to 24 %', '0 %0 % to 24 %']], 'with their intervals by Wilson');
  const section = page.locator('section:has(h2:text-is("Since it was marked fixed"))');
  assert.match(await section.textContent() ?? '', /−75 points for the affected users against the others, over one week before and after; 95 % interval −\d+ points to −\d+ points/);
  assert.match(await section.textContent() ?? '', /Affected users were picked because they were affected/);
  assert.equal(await section.locator('figure svg').getAttribute('aria-label'), 'Share of users affected before and after the fix: affected users 100 %, then 25 %; the others 0 %, then 0 %');
  assert.equal(await section.locator('figure circle').count(), 4);
  await visit(page, '/challenges/c-et');
  assert.match(await page.locator('section:has(h2:text-is("Since it was marked fixed"))').textContent() ?? '', /The first numbers come once \d+ \w+ has begun/);
  assert.deepEqual([(await context.request.get('/api/challenges/none-such/effect')).status(), await (await context.request.get('/api/challenges/c-sop/effect')).json()], [404, { effect: null }]);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('an acknowledgement and a comment: in Kafka, on the page, and at once with whoever looks at it', options, async () => {
  assert.ok(world !== null);
  const { context, page, complaints } = await signedIn();
  const other = await open({ extraHTTPHeaders: world.proxyHeaders });
  await visit(other.page, '/');
  await other.page.getByText('Live', { exact: true }).waitFor();
  assert.deepEqual(await textOf(other.page, '[data-challenge="c-hostile"] .taken'), [`assigned to ${HOSTILE}`]);
  await visit(page, '/challenges/c-et');
  await page.getByText('It is marked fixed').waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('acknowledged by admin.').waitFor();
  await page.getByLabel('Comment').fill(`seen ${HOSTILE}`);
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.log li').length === 4);
  assert.match((await textOf(page, '.log li'))[0] ?? '', /admin commented/);
  assert.deepEqual(await textOf(page, '.log .said'), [`seen ${HOSTILE}`]);
  await other.page.waitForSelector('[data-challenge="c-et"] .taken:has-text("acknowledged by admin")');
  const { codec, feed: { kafka } } = world;
  const topic = topicName('challengeActions', world.app);
  const kinds: unknown[] = [];
  for await (const records of kafka.read({ topic, partition: 0, offset: 0 }, (await kafka.ends(topic))[0] ?? 0)) kinds.push(...records.map(({ key, value }) => [key?.toString(), value === null ? null : codec.decode('ChallengeAction', value).kind]));
  assert.deepEqual(kinds, [['c-et', 'acknowledged'], ['c-et', 'commented']]);
  assert.deepEqual(complaints, []);
  await Promise.all([context.close(), other.context.close()]);
});

test('expertise, stages, pipeline, catalog: the numbers of the tables', options, async () => {
  assert.ok(world !== null);
  const { clickhouse } = world;
  const { context, page, complaints } = await signedIn();
  await visit(page, '/expertise');
  assert.equal(await page.locator('path.point').count(), 54, 'the users of the three levels');
  assert.equal((await rowsOf(page, 'Trainings of the model')).length, 3);
  await page.selectOption('#up', 'relative_completion');
  await page.waitForSelector('figure svg[aria-label*="Speed against the median"]');
  const [moves] = await textOf(page, 'table:has(caption:has-text("Changes of level")) tbody tr');
  assert.match(moves ?? '', /^Beginners.*18/);

  await visit(page, '/stages');
  const [stage] = await clickhouse.query<{ share: number }>("SELECT round(100 * countIf(outcome = 'failed') / countIf(outcome IN ('completed', 'failed'))) AS share FROM signals WHERE stage = 'data' AND user.team = 'ads'");
  assert.equal((await rowsOf(page, 'Given up by team and stage')).find(([team]) => team === 'ads')?.[1], `${String(stage?.share)} %`);
  await page.getByRole('button', { name: 'Time' }).click();
  await page.waitForFunction(() => document.querySelector('figure svg')?.getAttribute('aria-label')?.startsWith('Median time'));

  await visit(page, '/pipeline');
  assert.deepEqual((await rowsOf(page, 'Dead letters by reason')).map(([reason, step, letters]) => [reason, step, letters]), [['unknown feature', 'enrich', '3'], ['invalid', 'validate', '2']]);
  assert.deepEqual(await rowsOf(page, 'Findings by rule and state'), [['beginners keep meeting the error error-novices', '1', '0', '0', '0']]);
  assert.deepEqual((await rowsOf(page, 'Useful and not useful, by week')).map((row) => row.slice(1)), [['ET', '1', '0', '100 %']]);
  assert.match((await textOf(page, '.totals'))[0] ?? '', /^Collectorno answer/, 'there is no collector here');
  assert.ok((await rowsOf(page, 'Records waiting, by group and partition')).some(([group, topic]) => group === 'sink' && topic?.endsWith('challenges') === true));

  await visit(page, '/catalog');
  assert.equal((await rowsOf(page, 'Features')).length, 9);
  assert.deepEqual((await rowsOf(page, 'Features that events name and the catalog lacks')).map(([feature, events]) => [feature, events]), [[HOSTILE, '3']]);
  await page.fill('#search', 'training');
  assert.deepEqual((await rowsOf(page, 'Features')).map(([name]) => name), ['training one', 'training two']);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('before there is anything, each view says so', options, async () => {
  assert.ok(world !== null);
  const { empty } = world;
  const { context, page, complaints } = await signedIn({ baseURL: empty });
  for (const [path, said] of [['/', 'No challenge is open.'], ['/expertise', 'There is no model yet'], ['/stages', 'There are no signals yet.'], ['/pipeline', 'No midnight has been evaluated yet.'], ['/catalog', 'The catalog is empty']] as const) {
    await visit(page, path);
    assert.ok((await page.locator('main').textContent())?.includes(said), path);
  }
  assert.deepEqual(complaints.filter((one) => !one.startsWith(`request to ${empty}`)), []);
  await context.close();
});

test('whatever an event, a user or a feature carries is shown as text', options, async () => {
  const { context, page, complaints } = await signedIn();
  let seen = 0;
  for (const path of VIEWS) {
    await visit(page, path);
    seen += (await page.locator('body').textContent() ?? '').split(HOSTILE).length - 1;
    assert.equal(await page.locator('img, main script, iframe, [onerror]').count(), 0, path);
    assert.equal(await page.evaluate(() => 'pwned' in globalThis), false, path);
  }
  assert.ok(seen >= 12, `it was there to be shown: ${String(seen)} times`);
  assert.deepEqual(complaints, []);
  await context.close();
});

interface AxeWindow {
  axe: { run: (options: object) => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[] }> };
}

/** Marks of an axis that touch each other or leave their panel, and names of rows broken within words: on a column of one letter. */
const unreadable = (page: Page): Promise<string[]> => page.evaluate(() => {
  const wrong: string[] = [];
  for (const axis of document.querySelectorAll('.axis:not(.grid)')) {
    const room = (axis.closest('.panel') ?? document.body).getBoundingClientRect();
    const texts = [...axis.querySelectorAll('text')].map((one) => ({ text: one.textContent, at: one.getBoundingClientRect() }));
    for (const [n, { text, at }] of texts.entries()) {
      const next = texts[n + 1];
      if (at.left < room.left || at.right > room.right) wrong.push(`${text} leaves its panel`);
      if (next !== undefined && next.at.left < at.right + 2) wrong.push(`${text} touches ${next.text}`);
    }
  }
  for (const name of document.querySelectorAll('tbody th')) {
    const { width, height } = name.getBoundingClientRect();
    if (width > 0 && width < 60 && height > 80) wrong.push(`${name.textContent.slice(0, 40)} is ${String(width)} wide and ${String(height)} high`);
  }
  return wrong;
});

for (const [name, settings] of [['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['phone', { colorScheme: 'light', viewport: { width: 375, height: 760 }, hasTouch: true }]] as const) {
  test(`no serious finding of axe: ${name}`, options, async () => {
    const { context, page } = await signedIn(settings);
    for (const path of [...VIEWS, '/sign-in']) {
      await visit(page, path);
      await page.evaluate(() => { for (const details of document.querySelectorAll('details')) details.open = true; });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`).join(' | ')}`), [], path);
      assert.deepEqual(await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth && one.closest('.scroll, pre') === null).map(({ outerHTML }) => outerHTML.slice(0, 120));
      }), [], `${path} does not scroll sideways`);
      assert.deepEqual(await unreadable(page), [], `${path}: marks of axes and names of rows`);
    }
    await context.close();
  });
}

test('cards do not jump when the lines above them come, and a mistyped address says so', options, async () => {
  const { context, page } = await signedIn();
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { answer = resolve; });
  await page.route('/api/pulse', async (route) => { await held; await route.continue(); });
  await page.goto('/');
  await page.waitForSelector('.card');
  const top = (): Promise<number> => page.evaluate(() => document.querySelector('.card')?.getBoundingClientRect().top ?? NaN);
  const before = await top();
  answer();
  await page.waitForSelector('.spark');
  assert.ok(Math.abs(await top() - before) <= 2, `from ${String(before)} to ${String(await top())}`);
  await page.unroute('/api/pulse');
  assert.equal((await page.goto('/nowhere'))?.status(), 404);
  await page.getByText('There is no such page.').waitFor();
  await context.close();
});

test('by keyboard alone: skip link, views, a card, its SQL, the theme', options, async () => {
  const { context, page, complaints } = await signedIn({ colorScheme: 'light' });
  await visit(page, '/');
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
  const tabTo = async (text: string): Promise<void> => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if (await focused() === text) return;
    }
    assert.fail(`no Tab reaches ${text}`);
  };
  let asked = 0;
  page.on('request', (request) => { if (request.url().endsWith('/api/now')) asked += 1; });
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to content');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'All', 'past the header');
  await tabTo('data one');
  assert.equal(asked, 0, 'to skip opens nothing anew, which would take the focus back');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement as Element, '::after').outlineStyle), 'none', 'focus is seen');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'data one' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/challenges/c-et');
  assert.equal(await page.title(), 'data one · Chokepoint');
  await settled(page);
  await tabTo('SQL: levels');
  await page.keyboard.press('Enter');
  await tabTo('Copy the SQL of the levels');
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Where users get stuck now' }).waitFor();
  await settled(page);
  await page.focus('.brand');
  await tabTo('Dark');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark');
  await page.reload();
  await page.getByRole('button', { name: 'Switch to the light theme' }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
