// Writes the files of the page; what is served under assets/ is compressed twice: brotli, and gzip for plain http, over
// which browsers do not ask for brotli.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const small = promisify(brotliCompress);
const common = promisify(gzip);

export async function write(folder, files) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(new URL('assets/', folder), { recursive: true });
  for (const [name, bytes] of files) {
    const to = new URL(name, folder);
    if (!name.startsWith('assets/')) {
      await writeFile(to, bytes);
      continue;
    }
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    await writeFile(new URL(`${to.href}.br`), await small(bytes, { params }));
    await writeFile(new URL(`${to.href}.gz`), await common(bytes, { level: 9 }));
  }
}
