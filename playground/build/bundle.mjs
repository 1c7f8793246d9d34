// What the page is made of: a map of names to bytes.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { japanese } from './japanese.mjs';
import { withoutFonts } from './fonts.mjs';
import { thirdParty } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const ASSETS = '/playground/assets/';

const common = {
  absWorkingDir: root,
  outdir: 'assets',
  write: false,
  bundle: true,
  minify: true,
  metafile: true,
  target: 'es2022',
  legalComments: 'none',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: ASSETS,
  loader: { '.ttf': 'file', '.woff2': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
};

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};

export async function bundle() {
  const workers = await esbuild.build({ ...common, entryPoints: WORKERS, format: 'iife' });
  const urls = Object.fromEntries(Object.keys(WORKERS).map((name) => [name, ASSETS + outputOf(workers, name)]));
  const page = await esbuild.build({
    ...common,
    entryPoints: { main: 'src/main.tsx' },
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    define: { ...common.define, WORKERS: JSON.stringify(urls) },
    plugins: [japanese(), withoutFonts()],
  });
  const files = new Map();
  for (const file of [...workers.outputFiles, ...page.outputFiles]) {
    files.set(`assets/${base(file.path)}`, Buffer.from(file.contents));
  }
  files.set('index.html', await html(outputOf(page, 'main'), outputOf(page, 'main', '.css')));
  files.set('THIRD-PARTY.txt', await thirdParty(root, [workers.metafile, page.metafile]));
  return files;
}

function base(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

// The hashed name of an entry.
function outputOf(result, entry, end = '.js') {
  const names = Object.keys(result.metafile.outputs).map(base);
  const found = names.find((name) => name.startsWith(`${entry}-`) && name.endsWith(end));
  if (!found) throw new Error(`esbuild made no ${entry}${end}`);
  return found;
}

async function html(script, style) {
  const template = await readFile(new URL('../src/index.html', import.meta.url), 'utf8');
  return Buffer.from(template.replace('{{script}}', ASSETS + script).replace('{{style}}', ASSETS + style));
}
