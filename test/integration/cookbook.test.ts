/**
 * The cookbook of the document for the data team: every query, as it stands there, over the small world that stands there, gives the answer that stands
 * there. Nothing is told twice: world, SQL, parameters and answers are read out of the document.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import { recipes, recipesOf, world } from './cookbookRecipes.ts';
import { insertWorld } from './cookbookWorld.ts';
import { withDatabase } from './database.ts';
import { tableOf } from './markdownTables.ts';
import { recordInserter } from './sinkRows.ts';

const { clickhouse } = await withDatabase(migrate);
await insertWorld(world, await recordInserter(clickhouse));

const found = recipesOf(recipes);
for (const { question, sql, parameters, answer } of found) {
  test(question, async () => {
    assert.deepEqual([...new Set([...sql.matchAll(/\{(\w+):/g)].map(([, name]) => name))].toSorted(), Object.keys(parameters).toSorted(), 'every parameter is given');
    assert.equal(tableOf(await clickhouse.query<Record<string, unknown>>(sql, parameters)), answer);
  });
}

test('the cookbook has twenty questions at least, and none without an answer', () => {
  assert.ok(found.length >= 20, String(found.length));
  assert.equal(found.length, [...recipes.matchAll(/```sql/g)].length);
});
