// Builds the page into dist/, compressed as it is committed and served: `npm run build`.
import { bundle } from './bundle.mjs';
import { write } from './write.mjs';

const folder = new URL('../dist/', import.meta.url);
await write(folder, await bundle());
