// node run.mjs PROGRAM: the Playground of a server of this program, in a real browser. SHOTS=folder keeps pictures.
import { openBrowser } from './browser.mjs';
import { startServer } from './server.mjs';
import { STORIES } from './stories.mjs';

const program = process.argv[2];
if (!program) {
  console.error('usage: run.mjs PROGRAM');
  process.exit(2);
}

const server = await startServer(program);
let opened;
try {
  opened = await openBrowser(server.url);
  for (const [name, story] of Object.entries(STORIES)) {
    await story({ ...opened, url: server.url, letters: server.letters });
    if (process.env.SHOTS) await opened.page.screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(' ', '-')}.png` });
    console.log(`ok  ${name}`);
  }
  if (opened.faults.size > 0) throw new Error(`what should not happen:\n${[...opened.faults].join('\n')}`);
  console.log('ok  no other host was asked for, no error, nothing stopped by the policy');
} catch (error) {
  await opened?.page.screenshot({ path: 'failed.png' }).catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await opened?.browser.close();
  await server.stop();
}
