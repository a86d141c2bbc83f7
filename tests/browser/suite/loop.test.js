// The whole loop in a real browser: a text is read, its sentences become cases, one is worked and verified by somebody
// else, the bulletin says so, and the log proves it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary, fixtures, signIn, startBrowser, startDemo } from './support.js';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([startDemo(), startBrowser()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

let caseUrl;

test('a clerk uploads an outlook and opens its sentences as cases', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(`${demo.base}/reading`);
  await page.setInputFiles('#file', join(fixtures, 'outlook.txt'));
  await page.click('.reading-new button[type=submit]');
  await page.waitForURL('**/reading/d-*');
  const marks = await page.locator('mark.commitment').count();
  const rows = page.locator('.rows > .row');
  assert.ok(marks >= 5 && (await rows.count()) >= 5, `${marks} marks, ${await rows.count()} rows`);
  assert.ok(!(await page.locator('.rows').innerText()).includes('提高政治站位'), 'exhortation is no row');
  await page.selectOption('#ledger', 'key-task');
  await page.click('.ledger-choice button');
  await page.waitForURL('**ledger=key-task**');
  // Only one row is wanted now: everything else is unticked.
  const wanted = page.locator('.row', { hasText: '老旧小区' });
  for (const box of await page.locator('.row input[type=checkbox]').all()) await box.uncheck();
  await wanted.locator('input[type=checkbox]').check();
  assert.equal(await wanted.locator('input[name^=value]').inputValue(), '12');
  assert.equal(await wanted.locator('input[name^=due]').inputValue(), '2026-12-31');
  // The unit in whose field the words fall is suggested; whoever reviews may think otherwise and leave it open.
  const owner = wanted.locator('select[name^=owner]');
  assert.equal(await owner.locator('option:checked').innerText(), '住房和城乡建设管理局');
  await owner.selectOption('');
  await page.click('.reading-rows .actions button');
  // Without an owner the row is refused, and nothing that was typed is lost.
  assert.match(await page.locator('.summary').innerText(), /责任单位/);
  await wanted.locator('select[name^=owner]').selectOption({ label: '住房和城乡建设管理局' });
  await page.click('.reading-rows .actions button');
  await page.waitForURL('**done=1**');
  const link = page.locator('.row.is-done a[href^="/cases/"]').first();
  await link.click();
  caseUrl = page.url();
  assert.match(await page.locator('main').innerText(), /年内完成老旧小区改造12个/, 'the case shows the sentence it came from');
  assert.deepEqual(page.outside, []);
  assert.deepEqual(page.faults.filter((fault) => !fault.includes('422')), []);
  await page.context().close();
});

test('the handling unit works on it and a stranger may not', async () => {
  const stranger = await signIn(browser, demo.base, 'nongye');
  const answer = await stranger.goto(caseUrl);
  assert.equal(answer.status(), 403, 'who has no part in a case does not see it');
  await stranger.context().close();

  const page = await signIn(browser, demo.base, 'zhujian');
  assert.match(await page.locator('main').textContent(), /老旧小区/, 'it stands on the desk');
  await page.goto(caseUrl);
  const plan = page.locator('form:has(input[name=act][value="step:plan"])');
  await plan.locator('textarea, input[type=text]').first().fill('3月摸底，6月开工，11月完工');
  await plan.locator('button[type=submit]').click();
  await page.waitForURL('**done=**');
  const done = page.locator('form:has(input[name=act][value="step:report-done"])');
  await done.locator('[name="f.result"]').fill('12个小区改造全部完工');
  await done.locator('[name="f.done"]').fill('11');
  await done.locator('input[type=file]').setInputFiles({ name: '竣工验收单.txt', mimeType: 'text/plain', buffer: Buffer.from('竣工验收合格') });
  await done.locator('button[type=submit]').click();
  await page.locator('.summary').waitFor();
  const refused = await page.locator('main').innerText();
  assert.match(refused, /条件|办结/, 'eleven of twelve is not done, and the rule says so');
  assert.equal(await done.locator('[name="f.result"]').inputValue(), '12个小区改造全部完工', 'nothing typed is lost');
  await done.locator('[name="f.done"]').fill('12');
  // A double click sends once.
  await done.locator('button[type=submit]').dblclick();
  await page.waitForURL('**done=**');
  assert.match(await page.locator('main').innerText(), /核查/);
  await page.context().close();
});

test('somebody else verifies and the case is closed in time', async () => {
  const page = await signIn(browser, demo.base, 'zhengfuban');
  await page.goto(caseUrl);
  const verify = page.locator('form:has(input[name=act][value="verify"])');
  await verify.locator('input[name=pass][value=yes], input[name=pass][value="true"], input[name=pass][value=pass]').first().check();
  await verify.locator('button[type=submit]').click();
  await page.waitForURL('**done=**');
  assert.match(await page.locator('main').innerText(), /销号|办结/);
  await page.context().close();
});

test('the bulletin is drafted, signed by somebody else, issued, and every figure opens what it counts', async () => {
  const clerk = await signIn(browser, demo.base, 'ducha');
  await clerk.goto(`${demo.base}/bulletins?period=month`);
  const signer = await clerk.locator('#signer option', { hasText: '县长' }).first().getAttribute('value');
  await clerk.selectOption('#signer', signer);
  await clerk.locator('form[action="/bulletins"] button[type=submit]').dblclick();
  await clerk.waitForURL(/\/bulletins\/[^/?]+/);
  const address = clerk.url().split('?')[0].split('#')[0];
  assert.match(await clerk.locator('main').innerText(), /草稿/);
  assert.equal(await clerk.locator(`form[action$="/sign"]`).count(), 0, 'who drafted it does not sign it');

  const leader = await signIn(browser, demo.base, 'xianzhang');
  assert.match(await leader.locator('main').innerText(), /待签发/, 'it waits on the signer\'s desk');
  await leader.goto(address);
  await leader.locator('form[action$="/sign"] button').click();
  await leader.waitForLoadState();
  await leader.context().close();

  await clerk.goto(address);
  await clerk.locator('form[action$="/issue"] button').click();
  await clerk.waitForLoadState();
  const text = await clerk.locator('main').innerText();
  assert.match(text, /通报/);
  assert.ok(!/草稿\s*未签发/.test(await clerk.locator('.doc-official').innerText()), 'issued is no draft');
  const figure = clerk.locator('.doc-official a').first();
  const counted = Number((await figure.innerText()).match(/\d+/)[0]);
  await figure.click();
  await clerk.waitForLoadState();
  // A long list is read page by page and says how many there are.
  const pages = clerk.locator('.pager');
  const all = (await pages.count()) ? (await pages.innerText()).match(/共 ([\d,]+) 条/) : null;
  const opened = all ? Number(all[1].replace(/,/g, '')) : await clerk.locator('main tbody tr').count();
  assert.equal(opened, counted, 'a figure opens as many cases as it says');
  const docx = await clerk.request.get(`${address}/bulletin.docx`);
  const files = docx.ok() ? docx : await (async () => {
    await clerk.goto(address);
    const href = await clerk.locator('a[href$=".docx"]').first().getAttribute('href');
    return clerk.request.get(demo.base + href);
  })();
  assert.equal((await files.body()).subarray(0, 2).toString(), 'PK');
  await clerk.goto(`${address}/verify`);
  assert.ok(!(await clerk.locator('main').innerText()).includes('⟦'));
  assert.match(await clerk.locator('main').innerText(), /相符|一致|相同/);
  await clerk.context().close();
});

test('the log verifies while the server runs', () => {
  const said = execFileSync(binary, ['verify', '--data', join(demo.data, 'jiaocheng'), '--json', '--views'], { encoding: 'utf8' });
  const [ledger] = JSON.parse(said).ledgers;
  assert.ok(ledger.sound && ledger.views_equal, said.slice(0, 2000));
});

test('one click changes the language, and no text is missing in either', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  const pages = ['/', '/ledgers', '/ledgers/key-task', '/ledgers/key-task/new', caseUrl.replace(demo.base, ''), '/reading', '/imports', '/bulletins', '/mechanisms', '/mechanisms/three-plus-24', '/log'];
  for (const lang of ['zh', 'en']) {
    for (const path of pages) {
      const answer = await page.goto(`${demo.base}${path.split('?')[0]}?lang=${lang}`);
      assert.equal(answer.status(), 200, path);
      const text = await page.locator('body').innerText();
      assert.ok(!text.includes('⟦'), `${path} in ${lang} lacks ${text.match(/⟦[^⟧]*⟧/)?.[0]}`);
      assert.equal(await page.getAttribute('html', 'lang'), lang === 'zh' ? 'zh-CN' : 'en');
    }
  }
  assert.deepEqual(page.outside, [], 'no page needs the network outside');
  await page.context().close();
});

test('nothing overflows on an old phone', async () => {
  const page = await signIn(browser, demo.base, 'zhujian', { viewport: { width: 320, height: 640 } });
  for (const path of ['/', '/ledgers', '/ledgers/key-task', caseUrl.replace(demo.base, '').split('?')[0], '/mechanisms/three-plus-24']) {
    await page.goto(demo.base + path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${path} is ${over}px too wide`);
  }
  await page.context().close();
});

test('moving the clock fires what became due', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  const before = await page.locator('.demo').innerText();
  await page.locator('.demo button', { hasText: '+1 周' }).or(page.locator('.demo button', { hasText: '+1周' })).click();
  await page.waitForLoadState();
  assert.notEqual(await page.locator('.demo').innerText(), before);
  await page.context().close();
});

test('the same loop answers over the API, and a killed server continues with what it acknowledged', async () => {
  const session = await fetch(`${demo.base}/api/v1/session`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'ducha', password: 'bihuan-demo', jurisdiction: 'jiaocheng' }),
  });
  assert.equal(session.status, 201);
  const { token } = await session.json();
  const send = (command) => fetch(`${demo.base}/api/v1/commands`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(command),
  });
  const command = { key: 'api-1', type: 'open', mechanism: 'key-task', owner: 'housing', title: '接口立项', source: { kind: 'person' } };
  const first = await send(command);
  const body = await first.json();
  assert.ok(first.ok, JSON.stringify(body));
  assert.ok(body.receipt.checkpoint && body.case > 0);
  const again = await (await send(command)).json();
  assert.equal(again.case, body.case);
  assert.equal(again.duplicate, true);
  const refused = await send({ key: 'api-2', type: 'step', case: body.case, step: 'plan', values: {} });
  assert.equal(refused.status, 422);
  assert.equal(refused.headers.get('content-type'), 'application/problem+json');
  // Many at once, and the power goes: everything that was answered is there afterwards.
  const answered = [];
  const flood = Promise.allSettled(Array.from({ length: 300 }, async (_, n) => {
    const answer = await send({ ...command, key: `flood-${n}`, title: `洪峰 ${n}` });
    answered.push((await answer.json()).receipt.seq);
  }));
  while (answered.length < 50) await new Promise((go) => setTimeout(go, 2));
  await demo.kill();
  await flood;
  const said = execFileSync(binary, ['verify', '--data', join(demo.data, 'jiaocheng'), '--json', '--views'], { encoding: 'utf8' });
  const [ledger] = JSON.parse(said).ledgers;
  assert.ok(ledger.sound && ledger.views_equal, said.slice(0, 2000));
  const { entries } = ledger.report.counts;
  assert.ok(entries > Math.max(...answered), `${entries} entries, acknowledged up to ${Math.max(...answered)}`);
  assert.ok(readFileSync(join(demo.data, 'jiaocheng', 'ledger.sqlite')).length > 0);
});
