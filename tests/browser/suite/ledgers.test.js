// A ledger driven by keyboard alone, a view that is kept, and several matters reminded at once.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { signIn, startBrowser, startDemo } from './support.js';

let demo, browser, page;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  page = await signIn(browser, demo.base, 'ducha');
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('the keyboard goes through the rows, ticks them and opens one', async () => {
  await page.goto(`${demo.base}/ledgers/pipeline?open=yes`);
  for (const key of ['j', 'x', 'j', 'j', 'x', 'k']) await page.keyboard.press(key);
  const ticked = await page.locator('input[name=among]:checked').count();
  assert.equal(ticked, 2);
  const title = await page.locator('tr.is-here a.row-title').innerText();
  await page.keyboard.press('/');
  await page.keyboard.type('jx');
  assert.equal(await page.inputValue('.filters input[name=q]'), 'jx', 'who types, types');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  assert.ok(await page.locator('[data-keys]').isVisible());
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/cases\//);
  assert.equal(await page.locator('h1').innerText(), title);
});

test('a view is kept under a name and opens as it was', async () => {
  await page.goto(`${demo.base}/ledgers/pipeline?group=stage&cols=owner&open=yes`);
  const order = () => page.locator('.ledger.is-list a.row-title').allInnerTexts();
  const before = await order();
  await page.click('.saved summary');
  await page.fill('#view-name', '按环节看');
  await page.click('.saved-form button');
  await page.goto(`${demo.base}/ledgers/pipeline`);
  await page.click('.saved-list a:has-text("按环节看")');
  assert.deepEqual(await order(), before);
});

test('several matters are reminded at once, and each stands with its outcome', async () => {
  await page.goto(`${demo.base}/ledgers/pipeline?open=yes`);
  await page.locator('input[name=among]').nth(0).check();
  await page.locator('input[name=among]').nth(1).check();
  await page.fill('#bulk input[name=note]', '请本周内报进展');
  await page.click('#bulk button[value=remind]');
  await page.waitForURL(/\/bulk$/);
  assert.equal(await page.locator('table.ledger tbody tr').count(), 2);
  assert.deepEqual(page.faults, []);
});
