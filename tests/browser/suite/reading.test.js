// Reviewing a document: the whole text coloured, rows changed by mouse, keyboard and without scripts, two people at once.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fixtures, signIn, startBrowser, startDemo } from './support.js';

let demo, browser, address;
before(async () => { [demo, browser] = await Promise.all([startDemo(), startBrowser()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const rows = (page) => page.locator('li.row[data-row]');

test('the whole text is coloured and every colour is explained', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(`${demo.base}/reading`);
  await page.setInputFiles('#file', join(fixtures, 'outlook.txt'));
  await page.click('.reading-new button[type=submit]');
  await page.waitForURL('**/reading/d-*');
  address = page.url();
  const bare = await page.evaluate(() => {
    const walk = document.createTreeWalker(document.querySelector('.reading-text [lang=zh-CN]'), NodeFilter.SHOW_TEXT);
    const bare = [];
    while (walk.nextNode()) {
      const inside = walk.currentNode.parentElement.closest('[class*="c-"]');
      if (walk.currentNode.textContent.trim() && !inside) bare.push(walk.currentNode.textContent);
    }
    return bare;
  });
  assert.deepEqual(bare, [], 'nothing is uncoloured');
  assert.equal(await page.locator('.legend li').count(), 5);
  // Any other stretch says what it was taken for.
  await page.locator('a.c-exhortation').first().click();
  await page.waitForURL('**#asked');
  assert.match(await page.locator('#asked').innerText(), /判断/);
  await page.context().close();
});

test('the keyboard goes through the rows, and what is typed survives a reload', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(address);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.equal(await page.locator('li.row.is-here').getAttribute('data-row'), await rows(page).nth(1).getAttribute('data-row'));
  await page.keyboard.press('x');
  assert.equal(await rows(page).nth(1).locator('input[type=checkbox]').isChecked(), false);
  await page.keyboard.press('e');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('改过的任务');
  await page.keyboard.press('Enter');
  await page.waitForURL('**did=save**');
  await page.goto(address);
  assert.equal(await rows(page).nth(1).locator('.row-title').inputValue(), '改过的任务');
  await page.context().close();
});

test('rows are rejected with a reason and restored without scripts', async () => {
  const page = await signIn(browser, demo.base, 'ducha', { javaScriptEnabled: false });
  await page.goto(address);
  const before = await rows(page).count();
  const key = await rows(page).first().getAttribute('data-row');
  await rows(page).first().locator('summary').click();
  await page.click(`button[value="reject:${key}"]`);
  assert.match(await page.locator('.summary').innerText(), /理由/, 'a reason is asked for');
  await page.fill(`input[name="reason-${key}"]`, '不是本县的任务');
  await page.click(`button[value="reject:${key}"]`);
  assert.match(await page.locator('li.row.is-rejected').innerText(), /不是本县的任务/);
  assert.equal(await rows(page).count(), before - 1);
  await page.click(`button[value="restore:${key}"]`);
  assert.equal(await rows(page).count(), before);
  await page.context().close();
});

test('two people on one document: other rows are put together, the same row is looked at again', async () => {
  const [one, two] = [await signIn(browser, demo.base, 'ducha'), await signIn(browser, demo.base, 'ducha')];
  await one.goto(address);
  await two.goto(address);
  const save = async (page, n, title) => {
    await rows(page).nth(n).locator('.row-title').fill(title);
    await page.locator('.actions button[value=save]').click();
    await page.waitForLoadState();
  };
  await save(one, 0, '甲的题目');
  await save(two, 2, '乙的题目');
  assert.equal(await rows(two).first().locator('.row-title').inputValue(), '甲的题目');
  assert.equal(await rows(two).nth(2).locator('.row-title').inputValue(), '乙的题目');
  await save(one, 2, '甲也改这条');
  assert.match(await one.locator('.summary').innerText(), /别人已经修改/);
  await one.context().close();
  await two.context().close();
});

test('on a phone the text stands above its rows and nothing is cut', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(address);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const top = (selector) => page.locator(selector).first().evaluate((part) => part.getBoundingClientRect().top);
  assert.ok((await top('.reading-text')) < (await top('.reading-rows')));
  await page.goto(`${demo.base}/reading/threads`);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.context().close();
});
