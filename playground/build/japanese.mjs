// GraphiQL has no translations: its labels are replaced while it is bundled. Each must be found, so that a new version
// whose labels have changed fails the build instead of being half English.
import { readFile } from 'node:fs/promises';
import { LABELS } from './labels.mjs';

const UI = /node_modules\/(graphiql|@graphiql\/[a-z-]+|graphiql-explorer)\/.*\.js$/;

export function japanese() {
  return {
    name: 'japanese',
    setup(build) {
      const left = new Set(LABELS.map(([english]) => english));
      build.onLoad({ filter: UI }, async ({ path }) => ({ contents: await translated(path, left), loader: 'js' }));
      build.onEnd(() => {
        if (left.size > 0) throw new Error(`labels of GraphiQL that are not there any more: ${[...left].join(' | ')}`);
      });
    },
  };
}

async function translated(path, left) {
  let text = await readFile(path, 'utf8');
  for (const [english, replacement] of LABELS) {
    if (!text.includes(english)) continue;
    text = text.replaceAll(english, replacement);
    left.delete(english);
  }
  return text;
}
