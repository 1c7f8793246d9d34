#!/usr/bin/env node
// The SDL and the documents of docs/stories, compiled as clients do: graphql-codegen (with its manifest of persisted
// documents) and relay-compiler.
//   node clients.mjs SCHEMA STORIES OUT
// Writes the manifest to OUT/persisted-documents.json. Exit: 0 both compile, 1 one does not, 2 usage.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { parse, print, visit } from 'graphql';

const [schema, stories, out] = process.argv.slice(2).map((argument) => path.resolve(argument));
if (!out) {
  console.error('usage: clients.mjs SCHEMA STORIES OUT');
  process.exit(2);
}
mkdirSync(out, { recursive: true });

const config = { persistedDocuments: { hashAlgorithm: 'sha256' } };
const documents = path.join(stories, '*.graphql');
await generate({
  schema,
  documents,
  silent: true,
  errorsOnly: true,
  generates: { [`${out}/`]: { preset: 'client', presetConfig: config } },
});
const manifest = JSON.parse(readFileSync(path.join(out, 'persisted-documents.json'), 'utf8'));
console.log(`codegen: ${Object.keys(manifest).length} documents`);

// Relay wants operations in modules of their name, ending in what they are.
const sources = path.join(out, 'relay');
rmSync(sources, { recursive: true, force: true });
mkdirSync(sources, { recursive: true });
let count = 0;
for (const file of readdirSync(stories).filter((name) => name.endsWith('.graphql'))) {
  const operations = parse(readFileSync(path.join(stories, file), 'utf8'));
  const module = operations.definitions.find((d) => d.kind === 'OperationDefinition').name.value;
  const renamed = visit(operations, {
    OperationDefinition(node) {
      const end = node.operation === 'query' ? 'Query' : 'Mutation';
      return { ...node, name: { ...node.name, value: `${node.name.value}${end}` } };
    },
  });
  const text = `import { graphql } from 'relay-runtime';\nexport default graphql\`\n${print(renamed).replaceAll('`', '')}\`;\n`;
  writeFileSync(path.join(sources, `${module}.js`), text);
  count++;
}
const compilerConfig = path.join(out, 'relay.config.json');
writeFileSync(path.join(out, 'package.json'), '{}');
writeFileSync(compilerConfig, JSON.stringify({ src: './relay', schema: path.relative(out, schema), language: 'javascript' }));
const compiler = createRequire(import.meta.url)('relay-compiler');
const run = spawnSync(compiler, [compilerConfig], { cwd: out, encoding: 'utf8' });
if (run.status !== 0) {
  console.error(run.stdout, run.stderr, run.error ?? '');
  process.exit(1);
}
console.log(`relay: ${count} documents`);
