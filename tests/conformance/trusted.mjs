#!/usr/bin/env node
// A server that was started with codegen's manifest knows its documents by their ids, and no others.
//   node trusted.mjs URL MANIFEST
// Exit: 0 it does, 1 it does not, 2 usage.
import { readFileSync } from 'node:fs';

const [url, path] = process.argv.slice(2);
if (!path) {
  console.error('usage: trusted.mjs URL MANIFEST');
  process.exit(2);
}
const ask = async (body) => {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};
let failed = 0;
const manifest = JSON.parse(readFileSync(path, 'utf8'));
for (const id of Object.keys(manifest)) {
  const answer = await ask({ documentId: id.startsWith('sha256:') ? id : `sha256:${id}` });
  const code = answer.errors?.[0]?.extensions?.code;
  // Most of them need variables or somebody signed in; none may be unknown or invalid otherwise.
  const wanting = /required|必/.test(answer.errors?.[0]?.message ?? '');
  if (code && !['UNAUTHENTICATED', 'NOT_FOUND', 'INVALID_INPUT'].includes(code) && !wanting) {
    failed++;
    console.log(`FAIL ${id}: ${JSON.stringify(answer).slice(0, 200)}`);
  }
}
const unknown = await ask({ documentId: `sha256:${'0'.repeat(64)}` });
if (unknown.errors?.[0]?.extensions?.code !== 'PERSISTED_QUERY_NOT_FOUND') {
  failed++;
  console.log(`FAIL an unknown id: ${JSON.stringify(unknown).slice(0, 200)}`);
}
console.log(`${Object.keys(manifest).length} trusted documents, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
