// The five-minute tour of the demo, as somebody who came by and whose browser runs no scripts.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startBrowser, startDemo } from './support.js';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([startDemo(), startBrowser()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

test('one click on the sign-in page leads through all steps of the tour and out of it, without scripts', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'zh-CN', viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(`${demo.base}/sign-in`);
  await page.locator('.tour-start').first().click();
  const strip = page.locator('.walk-bar');
  const seen = [];
  for (let n = 1; ; n += 1) {
    const [done, all] = (await strip.locator('.tag').innerText()).match(/\d+/g).map(Number);
    assert.equal(done, n);
    assert.equal((await page.locator('h1').count()) > 0, true);
    seen.push(new URL(page.url()).pathname);
    if (done === all) break;
    await strip.locator('a.primary').click();
  }
  assert.equal(new Set(seen).size, seen.length, `a page comes twice: ${seen}`);
  assert.ok(seen.some((path) => path.startsWith('/cases/')), `no case among ${seen}`);
  await strip.locator('a[href="/demo/tour/0"]').click();
  assert.equal(await strip.count(), 0);
});

test('whoever may not read documents is led around that page', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${demo.base}/sign-in`);
  await page.fill('#login', 'zhujian');
  await page.fill('#password', 'bihuan-demo');
  await page.click('.sign-in-form button[type=submit]');
  await page.locator('form.demo a[href="/demo/tour/1"]').click();
  for (let steps = 0; await page.locator('.walk-bar a.primary').count(); steps += 1) {
    assert.ok(steps < 20);
    await page.locator('.walk-bar a.primary').click();
    assert.doesNotMatch(page.url(), /reading/);
    assert.equal(await page.locator('.trouble').count(), 0, page.url());
  }
});
