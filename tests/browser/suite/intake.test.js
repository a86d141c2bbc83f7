// A leader's written instruction is taken in: the clerk types its words, chooses the leader and the day, adds the scan,
// and hands out the order on paper. The unit sees what it has to do and the paper it came from; a stranger sees neither.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { signIn, startBrowser, startDemo, wordsOf } from './support.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const matter = '查清城西污水直排';
const wording = '请住建局一周内查清城西污水直排一事，结果报我。';
let demo, browser, caseUrl, scan;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  const paper = await browser.newPage();
  await paper.setContent(`<p style="font:32px serif">${wording}</p>`);
  scan = { name: '批示件.jpg', mimeType: 'image/jpeg', buffer: await paper.screenshot({ type: 'jpeg' }) };
  await paper.close();
});
after(async () => { await browser?.close(); await demo?.stop(); });

const shots = process.env.BIHUAN_SHOTS;
const shot = (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
const choose = async (page, selector, words) => {
  const value = await page.locator(`${selector} option`, { hasText: words }).first().getAttribute('value');
  await page.selectOption(selector, value);
};
const fill = async (page) => {
  await page.fill('#new-matter', matter);
  await choose(page, '#owner', '住房和城乡建设管理局');
  await choose(page, '#new-leader', '县长');
  await page.fill('#new-instructed_on', '2026-01-05');
  await page.fill('#new-wording', wording);
};

test('the clerk takes the instruction in with its scan, and a file that is no scan costs no word', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(`${demo.base}/ledgers/instruction`);
  await page.click('a[href="/ledgers/instruction/new"]');
  assert.equal(await page.locator('input[name=source]:checked').inputValue(), 'instruction', 'it comes from the leader unless said otherwise');
  assert.equal(await page.locator('textarea[name=quote]').count(), 0, 'the words are asked for once');
  assert.match(await page.locator('main').innerText(), /涉密文件不得上传/);
  await fill(page);
  await page.setInputFiles('#papers', { name: '批示件.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ this is a program') });
  await page.click('.actions button.primary');
  await page.locator('.summary').waitFor();
  assert.equal(await page.inputValue('#new-wording'), wording, 'nothing typed is lost');
  assert.equal(await page.inputValue('#new-instructed_on'), '2026-01-05');
  await page.setInputFiles('#papers', scan);
  await shot(page, 'intake-form');
  await page.locator('.actions button.primary').dblclick();
  await page.waitForURL('**done=open**');
  caseUrl = page.url().split('?')[0];
  const text = await page.locator('main').innerText();
  assert.match(text, /查清城西污水直排/);
  assert.match(text, /领导批示/);
  const paper = await page.request.get(`${caseUrl}/papers/0`);
  assert.deepEqual(await paper.body(), scan.buffer, 'the scan comes back as it was');
  assert.equal((await page.request.get(`${caseUrl}/papers/1`)).status(), 404, 'what was no scan is not kept');
  await shot(page, 'intake-case');
  await page.goto(`${demo.base}/ledgers/instruction?q=${encodeURIComponent(matter)}`);
  assert.equal(await page.locator('main tbody tr', { hasText: matter }).count(), 1, 'a double click opens one case');
  assert.deepEqual(page.outside, []);
  assert.deepEqual(page.faults.filter((fault) => !fault.includes('422') && !fault.includes('404')), []);
  await page.context().close();
});

test('the order is printed with number, unit, limit and slip, and quotes no word that is masked', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(caseUrl);
  const number = (await page.locator('main').innerText()).match(/交督〔\d+〕\d+号/)[0];
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('a[href$="/orders/handing"]').click()]);
  assert.match(file.suggestedFilename(), /交办单.*\.docx$/);
  const words = wordsOf(readFileSync(await file.path()));
  for (const said of [matter, number, '住房和城乡建设管理局', '2026年', '办理要求', '回执']) assert.ok(words.includes(said), `${said}: ${words}`);
  assert.ok(!words.includes(wording), 'the leader\'s own words stay on the page, for those who may see the case');
  assert.ok(words.includes('涉及敏感内容，不印在纸上'), 'the order says where they can be read');
  await page.context().close();
});

test('the unit finds it on its desk with the paper, and a stranger sees neither', async () => {
  const unit = await signIn(browser, demo.base, 'zhujian');
  assert.match(await unit.locator('main').innerText(), /查清城西污水直排/);
  await unit.goto(caseUrl);
  assert.equal((await unit.request.get(`${caseUrl}/papers/0`)).status(), 200);
  await shot(unit, 'intake-unit');
  await unit.locator('form:has(input[name=act][value="step:sign"]) button[type=submit]').click();
  await unit.waitForURL('**done=**');
  await unit.context().close();
  const stranger = await signIn(browser, demo.base, 'nongye');
  assert.equal((await stranger.request.get(`${caseUrl}/papers/0`)).status(), 403);
  await stranger.context().close();
});

test('the form fits a small phone in both languages and offends no rule of accessibility', async () => {
  const page = await signIn(browser, demo.base, 'ducha', { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });
  for (const lang of ['zh', 'en']) {
    await page.goto(`${demo.base}/ledgers/instruction/new?lang=${lang}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${over}px too wide in ${lang}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html)]), []);
    await shot(page, `intake-phone-${lang}`);
  }
  await page.context().close();
});
