/**
 * The page's files, read, stripped of types and compressed once at start. Scripts and styles lie under a name made from the content of all of them, so that a
 * browser may keep them for good and never mixes two versions.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly br: Buffer;
  readonly gzip: Buffer;
  /** It may change under its name. */
  readonly changes: boolean;
}

export interface Assets {
  /** By path. */
  readonly files: ReadonlyMap<string, Asset>;
  readonly index: Asset;
}

const PAGE = join(import.meta.dirname, 'page');
const SCRIPT = 'text/javascript; charset=utf-8';
const BROTLI_QUALITY = 9;

function asset(type: string, content: string | Buffer, changes = false): Asset {
  const plain = Buffer.from(content);
  return { type, plain, br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }), gzip: gzipSync(plain), changes };
}

export function loadAssets(): Assets {
  const read = (name: string): string => readFileSync(join(PAGE, name), 'utf8');
  // Its entry lies in src; what browsers take is beside that.
  const d3 = join(dirname(createRequire(import.meta.url).resolve('d3')), '../dist/d3.min.js');
  const modules = readdirSync(PAGE).filter((name) => name.endsWith('.ts')).sort();
  const contents: (readonly [name: string, type: string, content: string | Buffer])[] = [
    ...modules.map((name) => [name, SCRIPT, stripTypeScriptTypes(read(name))] as const),
    ['style.css', 'text/css; charset=utf-8', read('style.css')],
    ['theme.js', SCRIPT, read('theme.js')],
    ['d3.js', SCRIPT, readFileSync(d3)],
    ['icon.svg', 'image/svg+xml', read('icon.svg')],
  ];
  const hash = createHash('sha256');
  for (const [, , content] of contents) hash.update(content).update('\0');
  const base = `/assets/${hash.digest('hex').slice(0, 16)}`;
  const preload = modules.map((name) => `<link rel="modulepreload" href="${base}/${name}">`).join('\n  ');
  const index = read('index.html').replaceAll('{base}', base).replace('{preload}', preload);
  return { files: new Map(contents.map(([name, type, content]) => [`${base}/${name}`, asset(type, content)])), index: asset('text/html; charset=utf-8', index, true) };
}

/** What a client takes, of what there is. */
export function encodingOf(accepted: string | undefined): 'br' | 'gzip' | null {
  const wanted = (accepted ?? '').split(',').map((one) => one.trim()).filter((one) => !/;\s*q=0(\.0*)?$/.test(one)).map((one) => one.split(';', 1)[0]);
  return wanted.includes('br') ? 'br' : wanted.includes('gzip') ? 'gzip' : null;
}
