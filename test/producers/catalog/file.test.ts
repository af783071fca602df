import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalogFile } from '../../../producers/catalog/file.ts';
import { FileError } from '../../../producers/files/document.ts';

const GOOD = `
features:
  - feature: notebooks.create
    title: Create a notebook
    stage: features
    core: true
    expected_ms: 60000
  - { feature: train_model, title: Train, stage: training, owner: ml }
users:
  - { user_id: ada, team: search, role: data_scientist, org: retail, joined_at: 2026-01-05 }
`;

/** The lines of what is wrong with a file. */
function problems(text: string): string[] {
  try {
    readCatalogFile('catalog.yaml', text);
  } catch (error) {
    if (error instanceof FileError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a catalog file', () => {
  test('gives complete records; YAML and JSON mean the same', () => {
    const file = readCatalogFile('catalog.yaml', GOOD);
    assert.deepEqual(file.features, [
      { feature: 'notebooks.create', title: 'Create a notebook', stage: 'features', tool: '', core: true, expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false },
      { feature: 'train_model', title: 'Train', stage: 'training', tool: '', core: false, expected_ms: null, task_timeout_ms: null, owner: 'ml', ignore_repeats: false },
    ]);
    assert.deepEqual(file.users, [{ user_id: 'ada', team: 'search', role: 'data_scientist', org: 'retail', joined_at: Date.UTC(2026, 0, 5) }]);
    assert.deepEqual(readCatalogFile('catalog.json', JSON.stringify(file)), file);
  });

  test('one of the lists is enough, none is not', () => {
    assert.deepEqual(readCatalogFile('f', 'users: []'), { features: [], users: [] });
    assert.match(problems('{}')[1] ?? '', /neither features nor users: begin with "features:"/);
    assert.match(problems('')[1] ?? '', /the file must be an object, but is null/);
    assert.match(problems('features: x')[1] ?? '', /line 1: features: must be a list, but is a string/);
  });

  test('every problem is told at once, with its line, entry and field and what to do', () => {
    const text = `features:
  - feature: a
    title: A
    stage: trainning
  - feature: b
    title: 7
    stage: data
  - feature: c
    title: C
    stage: data
    expected_m: 5
  - { feature: c, title: C, stage: data }
  - just a word
users:
  - { user_id: ada, team: t, role: r, org: o, joined_at: yesterday }
  - { user_id: 7, team: t, role: r, org: o, joined_at: 0 }
extra: 1
`;
    assert.deepEqual(problems(text), [
      'catalog.yaml cannot be used, for 8 reasons:',
      '  line 4: features[1] (a): stage must be one of data, features, training, deployment, but is "trainning"',
      '  line 6: features[2] (b): title must be a string, but is a number: put it in quotes',
      '  line 11: features[3] (c).expected_m: is no field here; there are feature, title, stage, tool, core, expected_ms, task_timeout_ms, owner, ignore_repeats',
      '  line 12: features[4] (c): c is there already, as features[3]: keep one of the two',
      '  line 13: features[5]: the entry must be an object, but is a string',
      '  line 15: users[1] (ada): joined_at is no ISO 8601 date and time: write it like 2020-07-28T09:30:00.000Z',
      '  line 16: users[2] (7): user_id must be a string, but is a number: put it in quotes',
      '  line 17: extra: is no field here; there are features, users',
    ]);
  });

  test('what is no YAML at all is told with its line; a key that stands twice too', () => {
    assert.match(problems('features:\n  - feature: [')[1] ?? '', /^ {2}line \d: /);
    assert.match(problems('features: []\nfeatures: []')[1] ?? '', /line 2: Map keys must be unique/);
  });

  test('a file full of mistakes does not fill the screen', () => {
    const lines = problems(JSON.stringify({ features: Array.from({ length: 80 }, () => ({})) }));
    assert.equal(lines.length, 52);
    assert.match(lines.at(-1) ?? '', /and 30 more/);
  });
});
