/** The SQL of the evidence: values stay values; what it says is run in test/integration/evidence.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../../../../schemas/records.ts';
import { text } from '../../../../consumers/analyzer/evidence/literal.ts';
import { levelsSql, slowBound, teamsSql, thresholdsSql } from '../../../../consumers/analyzer/evidence/sql.ts';
import type { Judged } from '../../../../consumers/analyzer/evidence/sql.ts';
import { evidenceTable } from '../../../../consumers/analyzer/evidence/words.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';
import { ruleOf } from '../rules/world.ts';

/** Takes literals out of a statement; what is left is its structure. */
const bare = (sql: string): string => sql.replace(/'(?:[^'\\]|\\[\s\S])*'/g, "''");

const JUDGED: Judged = {
  stage: 'training', feature: 'train_model', fingerprint: '0f8ad1c93e5b7a6042d1f0c9b8a7e6d5', evaluated_to: [81_234, 80_911, 81_502, 80_777],
  window_from: Date.UTC(2026, 10, 10), evaluated_at: Date.UTC(2026, 10, 23, 10),
  evidence: (['beginner', 'intermediate', 'expert', 'infrequent'] as const).map((level): Evidence => ({ level, measure: 'median_ms', affected: 0, eligible: 0, value: null, op: null, threshold: level === 'infrequent' ? null : 120_000, low: null, high: null })),
};

test('whatever a feature, a team and a fingerprint are called, the statement is the same but for its literals', () => {
  const plain = RULES.map((rule) => bare(levelsSql(JUDGED, rule) + String(teamsSql({ ...JUDGED, teams: [{ team: 'a', affected: 1, eligible: 5 }] }, rule)) + String(thresholdsSql(JUDGED, rule))));
  const nasty = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom("'", '\\', "\\'", "') OR 1=1 --", '\n; DROP TABLE x', '/*', '\0', "''"));
  fc.assert(fc.property(nasty, nasty, nasty, (feature, team, fingerprint) => {
    const judged = { ...JUDGED, feature, fingerprint };
    const sql = RULES.map((rule) => bare(levelsSql(judged, rule) + String(teamsSql({ ...judged, teams: [{ team, affected: 1, eligible: 5 }] }, rule)) + String(thresholdsSql(judged, rule))));
    assert.deepEqual(sql, plain);
  }), { numRuns: 300, seed: 1 });
  assert.equal(text("it's \\ "), "'it\\'s \\\\ '");
});

test('affected by slowness is what is above the first harmed level\'s threshold, and nobody where there is none', () => {
  const slow = { ...JUDGED, evidence: JUDGED.evidence.map((row) => (row.level === 'beginner' ? { ...row, threshold: 90_000 } : row)) };
  assert.equal(slowBound(slow, ruleOf('slow-novices')), 90_000);
  assert.equal(slowBound(slow, ruleOf('slow-everyone')), 120_000, 'experts come first there');
  assert.match(levelsSql({ ...slow, evidence: [] }, ruleOf('slow-novices')), /false AS is_affected/);
});

const document = readFileSync(new URL('../../../../docs/for-the-data-team.md', import.meta.url), 'utf8');
for (const rule of RULES) {
  test(`the document for the data team has the SQL of ${rule.id}`, () => {
    assert.ok(document.includes(`\`${rule.id}\``), 'named');
    for (const sql of [levelsSql(JUDGED, rule), thresholdsSql(JUDGED, rule)]) assert.ok(sql === null || document.includes(`\`\`\`sql\n${sql}\n\`\`\``), String(sql));
  });
}

test('the table says nothing of fewer than five users', () => {
  const row = (level: Evidence['level'], affected: number, eligible: number): Evidence => ({ level, measure: 'share', affected, eligible, value: affected / eligible, op: level === 'expert' ? null : '>', threshold: level === 'expert' ? null : 0.5, low: 0.123, high: 0.9 });
  assert.equal(evidenceTable({ evidence: [row('beginner', 6, 8), row('expert', 3, 4)] }), [
    '  level     affected  eligible      value  rule    95 % interval',
    '  beginner  6         8             75 %   > 50 %  12.3 % to 90 %',
    '  expert    -         fewer than 5  -      -       -',
  ].join('\n'));
});
