import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'schemas/records.ts', '.data/', '*.config.js', '.dependency-cruiser.cjs', 'consumers/dashboard/page/theme.js'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './producers/sdk/browser/tsconfig.json', './consumers/dashboard/page/tsconfig.json', './test/e2e/dashboard/tsconfig.json'] } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'] }] }],
      // Numbers in messages are wanted as they are; objects are not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' }],
    },
  },
  {
    // Pure code: time, ids, seeds and settings are arguments (docs/architecture.md).
    files: ['schemas/**/*.ts', 'streams/**/*.ts', 'consumers/**/*.ts', 'producers/**/*.ts'],
    ignores: ['**/main.ts', 'schemas/generate.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Settings are parsed once, in infra/settings.ts.' }, { object: 'Math', property: 'random', message: 'Randomness is seeded and an argument.' }],
    },
  },
);
