/**
 * `npm run build:sdk`: the SDK as JavaScript, in `dist/sdk`: ES modules that any browser and bundler takes, with declarations, and a package.json of their own, so
 * that `npm pack ./dist/sdk` gives a package without the platform's dependencies.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCE = import.meta.dirname;
const ROOT = resolve(SOURCE, '../..');
const ENTRIES = ['node/main.ts', 'browser/main.ts'];

/** Newer syntax would shut out browsers of the last years. */
const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, rewriteRelativeImportExtensions: true, verbatimModuleSyntax: true };

/** Writes both entries and what they import. Comments are left out of the code, not of the declarations, which take some seconds. */
export function buildSdk(out: string, { declarations }: { readonly declarations: boolean }): void {
  rmSync(out, { recursive: true, force: true });
  const program = ts.createProgram(ENTRIES.map((entry) => join(SOURCE, entry)), { ...OPTIONS, lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: ['node'], skipLibCheck: true, rootDir: SOURCE, outDir: out, declaration: true, emitDeclarationOnly: true });
  for (const { fileName, text } of program.getSourceFiles()) {
    if (!resolve(fileName).startsWith(SOURCE)) continue;
    const { outputText } = ts.transpileModule(text, { fileName, compilerOptions: { ...OPTIONS, removeComments: true } });
    write(join(out, relative(SOURCE, fileName).replace(/\.ts$/, '.js')), outputText);
  }
  // Declarations keep `.ts`, which not every compiler finds.
  if (declarations) program.emit(undefined, (path, text) => { write(path, text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'")); });
  write(join(out, 'package.json'), `${JSON.stringify(packageOf(), null, 2)}\n`);
}

function packageOf(): object {
  const { version, license, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string; license: string; exports: Record<string, object> };
  const entry = JSON.parse(JSON.stringify(exports['./sdk']).replaceAll('./dist/sdk/', './')) as object;
  return { name: 'chokepoint-sdk', version, license, type: 'module', sideEffects: false, exports: { '.': entry } };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildSdk(join(ROOT, 'dist/sdk'), { declarations: true });
