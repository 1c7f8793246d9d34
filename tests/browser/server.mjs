// A server of the given program with the demo, in a directory of its own, that ends with the test.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE = 120_000;

/** Starts it; gives its address, how to stop it, and the folder of its letters. */
export async function startServer(program) {
  const scratch = await mkdtemp(join(tmpdir(), 'entaku-browser-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const data = join(scratch, 'data');
  const env = { ...process.env, ENTAKU_DATA_DIR: data, ENTAKU_LISTEN: new URL(url).host, NO_COLOR: '1' };
  const server = spawn(program, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said = (said + text).slice(-4000)));
  const ended = new Promise((resolve) => server.on('close', resolve));
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    // The database may have found its home outside of the scratch directory (ARCHITECTURE.md, "Embedded PostgreSQL").
    const home = await readFile(join(data, 'postgres.path'), 'utf8').catch(() => null);
    if (home) await rm(home.trim(), { recursive: true, force: true });
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    await ready(url, server);
  } catch (error) {
    await stop();
    throw new Error(`${error.message}; the server said:\n${said}`);
  }
  return { url, stop, letters: join(data, 'mail') };
}

async function ready(url, server) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    if (server.exitCode !== null) throw new Error('the server ended while starting');
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return;
  }
  throw new Error('the server was not ready in time');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
