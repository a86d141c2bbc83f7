// Who sits where residents come: what waits, the resident's word taken down once, whatever is pressed afterwards.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { signIn, startBrowser, startDemo } from './support.js';

let demo, browser, page, matter;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  page = await signIn(browser, demo.base, 'lianluozhan');
});
after(async () => { await browser?.close(); await demo?.stop(); });

const said = '当面问过，灯亮了👍，王大娘认可';
const steps = () => page.locator('.timeline .event-words', { hasText: '居民认可' }).count();

test('the desk says what to ask the resident, and one click leads to the open form', async () => {
  const line = page.locator('.duty', { hasText: '楼道灯不亮' });
  assert.match(await line.innerText(), /超期/);
  await line.locator('a').click();
  await page.waitForURL(/\/cases\/\d+/);
  matter = page.url().split('#')[0];
  assert.match(await page.locator('#now').innerText(), /现在由您办理/);
  assert.ok(await page.locator('#now details[open] form').first().isVisible());
});

test('a condition that is not met is said at once, and the word of the resident is written down once', async () => {
  const form = page.locator('#now details.act.is-awaited').first().locator('form');
  await form.locator('textarea[name=note]').fill(said);
  await form.getByLabel('否', { exact: true }).check();
  await Promise.all([page.waitForNavigation(), form.locator('button[type=submit]').click()]);
  const refused = page.locator('#now details[open] form').first();
  assert.equal(await refused.locator('textarea[name=note]').inputValue(), said, 'nothing typed is lost');
  assert.equal(await steps(), 0);
  await refused.getByLabel('是', { exact: true }).check();
  await Promise.all([page.waitForNavigation(), refused.locator('button[type=submit]').click()]);
  assert.equal(await steps(), 1);
  assert.ok((await page.locator('.timeline').innerText()).includes(said));
});

test('who goes back after opening a matter finds an empty form, and there is one matter', async () => {
  const grid = await signIn(browser, demo.base, 'danyuanzhang');
  const opened = async () => {
    await grid.goto(`${demo.base}/ledgers/grid-matter?q=${encodeURIComponent('门禁坏了🚪')}`);
    return grid.locator('table.ledger tbody a.row-title').count();
  };
  await grid.goto(`${demo.base}/ledgers/grid-matter/new`);
  const press = () => Promise.all([grid.waitForNavigation(), grid.click('main form.stack .actions button.primary')]);
  await grid.getByLabel('居民事项').fill('门禁坏了🚪');
  await grid.getByLabel('事项类别').selectOption({ index: 1 });
  await press();
  assert.match(grid.url(), /\/cases\/\d+/);
  await grid.goBack();
  await grid.waitForLoadState();
  assert.equal(await grid.getByLabel('居民事项').inputValue(), '', 'what was sent does not stand there to be sent again');
  assert.equal(await opened(), 1);
  assert.deepEqual(grid.outside, []);
  assert.deepEqual(grid.faults, []);
});

test('nothing was asked from outside and no script failed', () => {
  assert.deepEqual(page.outside, []);
  assert.deepEqual(page.faults.filter((fault) => !fault.includes('422')), []);
});
