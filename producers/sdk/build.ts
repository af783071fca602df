/**
 * `npm run build:sdk`: the SDK as JavaScript, in `dist/sdk`: ES modules that any browser and bundler takes, with declarations, and a package.json of their own, so
 * that `npm pack ./dist/sdk` gives a package without the platform's dependencies.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCE = import.meta.dirname;
const ROOT = resolve(SOURCE, '../..');
const ENTRIES = ['node/main.ts', 'browser/main.ts'];

/** Newer syntax would shut out browsers of the last years. */
const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, rewriteRelativeImportExtensions: true, verbatimModuleSyntax: true };

/** Writes both entries and what they import to `folder`. Comments are left out of the code, not of the declarations, which take some seconds. */
export function buildSdk(folder: string, { declarations }: { readonly declarations: boolean }): void {
  rmSync(folder, { recursive: true, force: true });
  for (const path of globSync('{core,node,browser}/*.ts', { cwd: SOURCE })) {
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCE, path), 'utf8'), { fileName: path, compilerOptions: { ...OPTIONS, removeComments: true } });
    write(join(folder, path.replace(/\.ts$/, '.js')), outputText);
  }
  if (declarations) writeDeclarations(folder);
  write(join(folder, 'package.json'), `${JSON.stringify(packageOf(), null, 2)}\n`);
}

function writeDeclarations(folder: string): void {
  const lib = ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'];
  const program = ts.createProgram(ENTRIES.map((entry) => join(SOURCE, entry)), { ...OPTIONS, lib, types: ['node'], skipLibCheck: true, rootDir: SOURCE, outDir: folder, declaration: true, emitDeclarationOnly: true });
  // They keep `.ts`, which not every compiler finds.
  program.emit(undefined, (path, text) => { write(path, text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'")); });
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
