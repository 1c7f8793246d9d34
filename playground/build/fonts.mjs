// GraphiQL brings Latin fonts inside its style sheet; the page uses the fonts of the terminal, which have Japanese.
import { readFile } from 'node:fs/promises';

const FACES = /@font-face\s*\{[^}]*font-family:\s*['"]?(Roboto|Fira Code)[^}]*\}/g;

export function withoutFonts() {
  return {
    name: 'without-fonts',
    setup(build) {
      build.onLoad({ filter: /node_modules\/(graphiql|@graphiql\/.*)\/.*\.css$/ }, async ({ path }) => {
        return { contents: (await readFile(path, 'utf8')).replace(FACES, ''), loader: 'css' };
      });
    },
  };
}
