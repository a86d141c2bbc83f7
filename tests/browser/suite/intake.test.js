// A leader's written instruction is taken in as the supervision clerk does it: wording, leader, date, scan, sent; with scripts and
// without them.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { signIn, startBrowser, startDemo } from './support.js';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([startDemo(), startBrowser()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const scan = { name: '批示扫描件.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 sample of a scan') };
const program = { name: '批示.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ\x90\0 a renamed program') };

async function typed(page, matter) {
  await page.goto(`${demo.base}/ledgers/instruction/new`);
  const source = page.locator('input[name=source][value=instruction]');
  if (await source.count()) await source.check();
  await page.fill('[name="f.matter"]', matter);
  await page.selectOption('#owner', { label: '住房和城乡建设管理局' });
  const leader = page.locator('[name="f.leader"]');
  await leader.selectOption({ index: 1 });
  await page.fill('[name="f.instructed_on"]', '2026-11-20');
  await page.fill('[name="f.wording"]', '请住建局一周内查清，报我。');
}

for (const javaScriptEnabled of [true, false]) {
  test(`an instruction is opened with its scan ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    const page = await signIn(browser, demo.base, 'ducha', { javaScriptEnabled });
    const matter = `查清城西污水直排（${javaScriptEnabled ? '有' : '无'}脚本）`;
    await typed(page, matter);
    assert.match(await page.locator('main').innerText(), /涉密文件不得上传/);
    const send = page.locator('main form.stack .actions button[type=submit]');
    await page.setInputFiles('#papers', program);
    await send.click();
    await page.locator('.summary').waitFor();
    assert.match(await page.locator('.summary').innerText(), /EXE/, 'a renamed program is no scan');
    assert.equal(await page.inputValue('[name="f.wording"]'), '请住建局一周内查清，报我。', 'nothing typed is lost');
    await page.setInputFiles('#papers', scan);
    if (javaScriptEnabled) await send.dblclick(); else await send.click();
    await page.waitForURL('**/cases/*done=open');
    const paper = page.locator('#papers a');
    assert.equal(await paper.count(), 1);
    assert.match(await paper.innerText(), /批示扫描件\.pdf/);
    assert.equal(await page.locator('#evidence').count(), 0, 'it is no evidence of what was done');
    const [saved] = await Promise.all([page.waitForEvent('download'), paper.click()]);
    assert.equal(saved.suggestedFilename(), '批示扫描件.pdf');
    await page.goto(`${demo.base}/ledgers/instruction?q=${encodeURIComponent(matter)}`);
    assert.equal(await page.locator('tbody tr').count(), 1, 'a double click opened one');
    await page.context().close();
  });
}
