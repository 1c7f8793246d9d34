// Chromium that knows no host but the server, and everything that happens in it that should not.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

export async function openBrowser(url) {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error('no chromium: set CHROMIUM');
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    `--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE ${new URL(url).hostname}`,
  ];
  const browser = await chromium.launch({ executablePath, args });
  const context = await browser.newContext({
    viewport: { width: 1360, height: 860 },
    locale: 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  return { browser, context, page, faults: watch(context, page, url) };
}

/** Collects requests to other hosts, failed requests, errors of the page, and what its policy has stopped. */
function watch(context, page, url) {
  const own = new URL(url).host;
  const faults = new Set();
  const foreign = (address) => /^(https?|wss?):/.test(address) && new URL(address).host !== own;
  context.on('request', (r) => foreign(r.url()) && faults.add(`another host: ${r.url()}`));
  page.on('websocket', (w) => foreign(w.url()) && faults.add(`another host: ${w.url()}`));
  context.on('requestfailed', (r) => {
    const why = r.failure()?.errorText ?? '';
    if (!/ERR_ABORTED/.test(why)) faults.add(`failed: ${r.url()} ${why}`);
  });
  page.on('pageerror', (error) => faults.add(`error: ${error.message}`));
  page.on('console', (message) => {
    // A refused sign-in is 401, which the browser writes down as well.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) faults.add(`console: ${message.text()}`);
  });
  return faults;
}
