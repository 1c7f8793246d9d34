// What staff do in the page, one story after the other.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCsv } from './csv.mjs';
import { readXlsx } from './xlsx.mjs';

const EMAIL = 'grant-staff@unnan.example.jp';
const OTHER = 'planning-staff@unnan.example.jp';
const PASSWORD = 'entaku-demo-2026';

export const STORIES = {
  'the page is there, in Japanese': async ({ page, url }) => {
    const response = await page.goto(`${url}/playground`);
    assert.equal(response.status(), 200);
    assert.equal(await page.title(), 'GraphQL Playground');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ja');
    await page.locator('.graphiql-query-editor .monaco-editor, .graphiql-editor .monaco-editor').first().waitFor();
  },
  'a query typed in runs': async ({ page }) => {
    await type(page, 'query Check { __typename }');
    await run(page);
    await shown(page, '"__typename": "Query"');
  },
  'of several operations only the chosen one is sent': async ({ page }) => {
    await type(page, 'query First { one: __typename } query Second { two: __typename }');
    await page.locator('.graphiql-execute-button').click();
    const [request] = await Promise.all([sent(page), page.getByRole('menuitem', { name: 'Second' }).click()]);
    assert.match(request.query, /Second/);
    assert.doesNotMatch(request.query, /First/);
    await shown(page, '"two": "Query"');
  },
  'a wrong password is told in Japanese and signs nobody in': async ({ page, context }) => {
    await page.getByRole('banner').getByRole('button', { name: 'サインイン' }).click();
    await signIn(page, 'まったく違うパスワード');
    await page.locator('.sign-in .problem').getByText('パスワードのいずれかが違います').waitFor();
    assert.deepEqual(await context.cookies(), []);
  },
  'grant staff sign in, and no script can read the proof': async ({ page, context }) => {
    await signIn(page, PASSWORD);
    await page.locator('.viewer').getByText('交付金担当職員').waitFor();
    const cookies = await context.cookies();
    assert.deepEqual(cookies.map((cookie) => cookie.name).sort(), ['entaku', 'entaku-device']);
    assert.ok(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === 'Strict'));
    const cookie = cookies.find((one) => one.name === 'entaku');
    assert.equal(cookie.expires, -1);
    assert.equal(await page.evaluate(() => document.cookie), '');
  },
  'a report is shown as a table': async ({ page }) => {
    await page.getByRole('button', { name: /^地域組織の名簿/ }).click();
    await page.getByRole('button', { name: '表示する' }).click();
    await page.locator('.result table').waitFor();
    assert.ok((await page.locator('.result tbody tr').count()) > 2);
  },
  'its CSV has every row, also those that are not shown': async ({ page }) => {
    const all = await page.locator('.result tbody tr').count();
    await shownByTwos(page);
    const bytes = await saved(page, 'CSV(全件)', /\.csv$/);
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'the mark of UTF-8');
    const [head, ...rows] = parseCsv(bytes.subarray(3).toString('utf8'));
    assert.ok(head.includes('名称') && head.length > 5, head.join());
    assert.ok(rows.every((row) => row.length === head.length));
    assert.equal(rows.length, all);
  },
  'so does its Excel book': async ({ page }) => {
    const head = await page.locator('.result thead th').allInnerTexts();
    const [labels, ...rows] = readXlsx(await saved(page, 'Excel(全件)', /\.xlsx$/));
    assert.deepEqual(labels, head);
    const names = rows.map((row) => row[0]);
    const shown = await page.locator('.result tbody tr td:first-child').allInnerTexts();
    assert.equal(shown.length, 2);
    assert.ok(rows.length > 2 && shown.every((name) => names.includes(name)), names.join());
    await page.locator('.result .running').waitFor({ state: 'detached' });
  },
  'a form asks for what is missing': async ({ page }) => {
    await page.getByRole('button', { name: /年度の交付金制度を作る/ }).click();
    await page.getByRole('button', { name: '実行する' }).click();
    assert.ok((await page.locator('.fault').count()) >= 5);
  },
  'a dry run writes nothing': async ({ page }) => {
    await page.getByLabel('試行(書き込まない)').check();
    await fill(page, { title: '試行の交付金', summary: '地域の活動を支える。', fiscalYear: '２０２７', legalBasis: '交付要綱', budgetYen: '1,000,000円' });
    await fill(page, { opensOn: '2027-05-01', closesOn: '2027-06-30' });
    await page.getByText('令和9年度').waitFor();
    await page.getByText('令和9年5月1日').waitFor();
    await page.getByRole('button', { name: '一覧から選ぶ' }).click();
    await page.getByLabel('一覧の中を探す').fill('地域づくり');
    await page.locator('.choices li button').first().click();
    await page.getByRole('button', { name: '試行する' }).click();
    await page.locator('.note.rehearsal').waitFor();
    await page.getByLabel('試行(書き込まない)').uncheck();
    await page.getByRole('button', { name: /^交付金制度の一覧/ }).click();
    await page.getByRole('button', { name: '表示する' }).click();
    await page.locator('.result table').waitFor();
    assert.equal(await page.getByText('試行の交付金').count(), 0);
  },
  'a coded error is told in Japanese': async ({ page }) => {
    await page.getByRole('button', { name: /^書込審査を始める/ }).click();
    await fill(page, { id: 'gap_00000000000000000000000000' });
    await page.getByRole('button', { name: '実行する' }).click();
    await page.locator('.result .problem').waitFor();
    assert.match(await page.locator('.result .problem').innerText(), /見つかりません|入力を確かめてください/);
  },
  'a ready document opens in the editor': async ({ page }) => {
    await page.getByRole('button', { name: /^交付申請の一覧/ }).click();
    await page.getByRole('button', { name: 'GraphQL で開く' }).click();
    await page.waitForTimeout(500);
    await run(page);
    await shown(page, '"grantApplications"');
  },
  'a subscription tells until it is stopped': async ({ page }) => {
    const read = async (query) => {
      const body = JSON.stringify({ query });
      const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
      return (await fetch('/graphql', { method: 'POST', headers, body })).json();
    };
    const { data } = await page.evaluate(read, '{ organizations(first: 1) { nodes { id name } } }');
    const [{ id, name }] = data.organizations.nodes;
    await type(page, `subscription Told { objectChanged(id: "${id}") { object { ... on CommunityOrganization { name } } } }`);
    await run(page);
    await shown(page, `"name": "${name}"`);
    const stop = page.locator('.graphiql-execute-button[aria-label^="中止する"], .graphiql-execute-button[aria-label^="Stop"]');
    await stop.click();
    await stop.waitFor({ state: 'detached' });
    await type(page, 'query Again { again: __typename }');
    await run(page);
    await shown(page, '"again": "Query"');
  },
  'the schema is downloaded': async ({ page }) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /スキーマ/ }).click()]);
    assert.match(await readFile(await file.path(), 'utf8'), /^type Query/m);
  },
  'a draft is hidden when the session ends, and gone when somebody else signs in': async ({ page, context }) => {
    const end = async () => {
      await type(page, '{ viewer { name } } # 私の下書き');
      const kept = (await context.cookies()).find((cookie) => cookie.name === 'entaku');
      await context.addCookies([{ ...kept, value: 'ecs.322091.x.y' }]);
      await run(page);
      await page.locator('.sign-in').waitFor();
      await page.locator('.work').waitFor({ state: 'hidden' });
    };
    const drafts = () => page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    await end();
    await signIn(page, PASSWORD);
    await page.locator('.work').waitFor();
    assert.match(await page.locator('.view-lines').first().innerText(), /私の下書き/, 'their own is still there');
    await end();
    await signIn(page, PASSWORD, OTHER);
    await page.locator('.work').waitFor();
    await page.waitForTimeout(500);
    assert.doesNotMatch(await page.locator('.view-lines').first().innerText(), /私の下書き/);
    assert.doesNotMatch(await drafts(), /私の下書き/);
  },
  'an act that needs a fresh proof asks for the password and goes on': async ({ page, context }) => {
    const [before] = await context.cookies();
    let asked = 0;
    // A quarter of an hour does not pass in a test: the first answer is the server's after it.
    await page.route('**/graphql', async (route) => {
      // Whether the town has a sign-in of its own is asked by the dialog, not by the act.
      if (route.request().postData()?.includes('TownSignIn')) return route.continue();
      asked += 1;
      if (asked > 1) return route.continue();
      const error = { message: '本人確認', extensions: { code: 'FORBIDDEN', reason: 'STEP_UP' } };
      return route.fulfill({ json: { data: null, errors: [error] } });
    });
    await page.getByRole('button', { name: /^自分のサインインの一覧/ }).click();
    await page.getByRole('button', { name: '表示する' }).click();
    await page.getByRole('heading', { name: 'もう一度パスワードを' }).waitFor();
    await page.locator('#password-again').fill('まったく違うパスワード');
    await page.getByRole('button', { name: '続ける' }).click();
    await page.locator('.sign-in .problem').getByText('確かめられません').waitFor();
    await page.locator('#password-again').fill(PASSWORD);
    await page.getByRole('button', { name: '続ける' }).click();
    await page.locator('.result table').last().waitFor();
    assert.equal(asked, 2, 'the act was sent again');
    const [after] = await context.cookies();
    assert.notEqual(before.value, after.value, 'the proof has a cookie of its own');
    await page.unroute('**/graphql');
  },
  'signing out leaves nothing behind': async ({ page, context }) => {
    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.getByRole('banner').getByRole('button', { name: 'サインイン' }).waitFor();
    // That somebody has signed in from here is kept: it opens nothing, and no script can read it.
    assert.deepEqual((await context.cookies()).map((cookie) => [cookie.name, cookie.httpOnly]), [['entaku-device', true]]);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...sessionStorage })), /grantApplications/);
  },
  'who has a second factor is asked for a code': async ({ page }) => {
    await page.getByRole('banner').getByRole('button', { name: 'サインイン' }).click();
    await signIn(page, PASSWORD, 'resident@unnan.example.jp');
    await page.getByRole('button', { name: /確認コードの登録を始める/ }).click();
    const { secret } = await answered(page, 'secondFactorEnrol');
    await page.getByRole('button', { name: /確認コードの登録を終える/ }).click();
    await fill(page, { code: totp(secret) });
    const { codes } = await answered(page, 'secondFactorConfirm');
    assert.equal(codes.length, 10);
    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.getByRole('banner').getByRole('button', { name: 'サインイン' }).click();
    await signIn(page, PASSWORD, 'resident@unnan.example.jp');
    await page.locator('.sign-in .problem').getByText('確認コードが必要です').waitFor();
    await page.getByLabel('確認コード').fill('000000');
    await page.locator('.sign-in').getByRole('button', { name: 'サインイン' }).click();
    await page.locator('.sign-in .problem').getByText('SECOND_FACTOR_WRONG').waitFor();
    await page.getByLabel('確認コード').fill(codes[0]);
    await page.locator('.sign-in').getByRole('button', { name: 'サインイン' }).click();
    await page.locator('.viewer').waitFor();
  },
  'a link in a mail sets a new password, and leaves the address bar at once': async ({ page, url, letters }) => {
    await page.goto(`${url}/account#password-reset`);
    await page.getByLabel('団体コード').fill('322091');
    await page.getByLabel('メールアドレス').fill('resident@unnan.example.jp');
    await page.getByRole('button', { name: '送る' }).click();
    await page.getByText('リンクをメールで送りました').waitFor();
    const link = await newestLink(letters, 'resident@unnan.example.jp');
    await page.goto(link);
    await page.getByRole('heading', { name: 'パスワードの再設定' }).waitFor();
    await page.getByLabel('パスワード').fill('password1234');
    await page.getByRole('button', { name: '送る' }).click();
    await page.getByText('推測されやすいパスワードです。').waitFor();
    assert.equal(page.url(), `${url}/account`);
    await page.getByLabel('パスワード').fill('峠の茶屋で食べた団子の味');
    await page.getByRole('button', { name: '送る' }).click();
    await page.getByText('パスワードが変わりました').waitFor();
    await page.goto(link);
    await page.getByLabel('パスワード').fill('峠の茶屋で食べた団子の味');
    await page.getByRole('button', { name: '送る' }).click();
    await page.getByText('リンクは使われたか、期限が過ぎています。').waitFor();
  },
};

/** The data of a root field, once the form on the screen has been sent. */
async function answered(page, field) {
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/graphql') && r.request().postData()?.includes(field)),
    page.getByRole('button', { name: '実行する' }).click(),
  ]);
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data[field];
}

/** RFC 6238, as an authenticator does it. */
function totp(secret) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(page, password, email = EMAIL) {
  await page.locator('#municipality option[value="322091"]').waitFor({ state: 'attached' });
  await page.getByLabel('自治体').selectOption('322091');
  await page.getByLabel('メールアドレス').fill(email);
  await page.getByLabel('パスワード', { exact: true }).fill(password);
  await page.locator('.sign-in').getByRole('button', { name: 'サインイン' }).click();
}

async function type(page, text) {
  await page.locator('.graphiql-query-editor .monaco-editor, .graphiql-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
  await page.waitForTimeout(500);
  await page.keyboard.press('Escape');
}

const run = (page) => page.locator('.graphiql-execute-button').click();

async function sent(page) {
  const request = await page.waitForRequest((r) => r.url().endsWith('/graphql') && r.method() === 'POST');
  return request.postDataJSON();
}

async function shown(page, text) {
  const bare = (of) => of.replace(/\s/g, '');
  const read = () => page.locator('.result-window').first().innerText();
  for (const end = Date.now() + 10_000; Date.now() < end; await page.waitForTimeout(200)) {
    if (bare(await read()).includes(bare(text))) return;
  }
  assert.fail(`${text} is not shown, but ${(await read()).slice(0, 300)}`);
}

/** Runs the report again with two rows a page. */
async function shownByTwos(page) {
  await fill(page, { first: '2' });
  await page.getByRole('button', { name: '表示する' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.result tbody tr').length === 2);
}

/** What a button of the result saves. */
async function saved(page, button, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  assert.match(file.suggestedFilename(), name);
  return readFile(await file.path());
}

async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    await page.locator(`[id="input.${name}"], [id="${name}"]`).first().fill(value);
  }
}

/** The link of the newest letter to somebody, as soon as it is there. */
async function newestLink(letters, to) {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    const names = (await readdir(letters).catch(() => [])).filter((name) => name.endsWith('.txt')).sort().reverse();
    for (const name of names) {
      const text = await readFile(join(letters, name), 'utf8');
      if (text.startsWith(`To: ${to}\n`)) return text.match(/^http\S+$/m)[0];
    }
  }
  throw new Error(`no letter to ${to}`);
}
