import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FoundChallenge, compareChallenges } from '../../../producers/simulator/compare.ts';
import type { PlantedChallenge } from '../../../producers/simulator/types.ts';

const planted: PlantedChallenge = { dimension: 'ET', rule_id: 'error-novices', stage: 'training', feature: 'train_model', signal_class: 'error', error_code: 'OUT_OF_MEMORY', from: 0, until: null };
const other: PlantedChallenge = { ...planted, rule_id: 'slow-novices', signal_class: 'time', feature: 'clean_rules', stage: 'data', error_code: null };
const found: FoundChallenge = { dimension: 'ET', rule_id: 'error-novices', stage: 'training', feature: 'train_model', signal_class: 'error', fingerprint: 'a' };

test('what was planted is found or missed', () => {
  assert.deepEqual(compareChallenges([planted, other], [found]), { found: [planted], missed: [other], false: [] });
});

test('a finding that came back counts once', () => {
  assert.deepEqual(compareChallenges([planted], [found, found]), { found: [planted], missed: [], false: [] });
});

test('another rule, dimension, feature or a second fingerprint is false', () => {
  const wrong: FoundChallenge[] = [{ ...found, rule_id: 'error-everyone' }, { ...found, dimension: 'SoP' }, { ...found, feature: 'auto_ml' }, { ...found, fingerprint: 'b' }];
  assert.deepEqual(compareChallenges([planted], [found, ...wrong]), { found: [planted], missed: [], false: wrong });
});
