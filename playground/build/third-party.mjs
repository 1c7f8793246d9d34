// The licences of everything that is in the bundle, by package.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const INTRO = `The page at /playground contains the following packages. Each is under its own licence, printed here.
The rest of the page is part of Entaku (AGPL-3.0-only).
`;

// Packages without the text of their licence, and the package of the same owner and licence that has it.
const SIBLINGS = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};

export async function thirdParty(root, metafiles) {
  const inputs = metafiles.flatMap((meta) => Object.keys(meta.inputs));
  const folders = [...new Set(inputs.map(packageOf).filter(Boolean))];
  const entries = await Promise.all(folders.map((folder) => entry(join(root, folder), root)));
  const texts = new Map(entries.map((one) => [`${one.name} ${one.version}`, one]));
  const sorted = [...texts.keys()].sort((a, b) => (a < b ? -1 : 1));
  const body = sorted.map((key) => `${'='.repeat(80)}\n${key} — ${texts.get(key).licence}\n\n${texts.get(key).text}\n`);
  return Buffer.from([INTRO, ...body].join('\n'));
}

// node_modules/a/node_modules/@b/c/dist/x.js → node_modules/a/node_modules/@b/c
function packageOf(input) {
  const at = input.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const parts = input.slice(at + 'node_modules/'.length).split('/');
  return input.slice(0, at) + ['node_modules', ...parts.slice(0, parts[0].startsWith('@') ? 2 : 1)].join('/');
}

async function entry(folder, root) {
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license: licence } = about;
  if (!licence) throw new Error(`${name} names no licence`);
  const sibling = SIBLINGS[name];
  const text = await licenceText(sibling ? join(root, 'node_modules', sibling) : folder);
  if (!text) throw new Error(`${name} has no text of its licence`);
  return { name, version, licence, text };
}

async function licenceText(folder) {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => text.replaceAll('\r', '').trim()).join('\n\n');
}
