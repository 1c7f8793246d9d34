// Fails unless dist/ is what the sources make. Compares what the files hold, because compressors differ by version.
import { readdir, readFile } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { bundle } from './bundle.mjs';

const folder = new URL('../dist/', import.meta.url);
const wrong = [];
const expected = await bundle();
const unpack = { '.br': brotliDecompressSync, '.gz': gunzipSync };

const committed = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const names = committed.map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.pathname.length).replace(/^\//, ''));
for (const name of names) {
  const end = Object.keys(unpack).find((suffix) => name.endsWith(suffix));
  const made = expected.get(end ? name.slice(0, -end.length) : name);
  const held = await readFile(new URL(name, folder));
  if (!made?.equals(end ? unpack[end](held) : held)) wrong.push(name);
}
for (const name of expected.keys()) {
  const kept = names.includes(name) || (names.includes(`${name}.br`) && names.includes(`${name}.gz`));
  if (!kept) wrong.push(name);
}
if (wrong.length > 0) {
  console.error(`playground/dist is not what its sources make: ${wrong.join(', ')}\nRun \`npm run build\` and commit.`);
  process.exit(1);
}
console.log(`${names.length} files are what the sources make`);
