// Charts and the screen on the wall as people meet them: numbers that open what they count, letters that are read from afar.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { signIn, startBrowser, startDemo } from './support.js';

let demo, browser, page;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  page = await signIn(browser, demo.base, 'ducha');
});
after(async () => { await browser?.close(); await demo?.stop(); });

/** How many cases the ledger that is open lists. */
const listed = () => page.evaluate(() => {
  const said = document.querySelector('.pager')?.innerText.match(/共 ([\d,]+) 条/);
  return said ? Number(said[1].replace(/,/g, '')) : 0;
});

test('numbers of charts, board and wall open as many cases as they say', async () => {
  let opened = 0;
  for (const path of ['/ledgers/pipeline/charts', '/ledgers/all/charts', '/ledgers/three-plus-24/charts', '/ledgers/pipeline/pipeline', '/board']) {
    await page.goto(demo.base + path);
    const links = await page.evaluate(() => [...document.querySelectorAll('main a[href^="/ledgers/"]')].map((link) => {
      const words = link.getAttribute('aria-label') ?? link.textContent;
      const numbers = words.match(/\d[\d,]*/g);
      return { href: link.getAttribute('href'), n: numbers && Number(numbers[link.matches('.board-figure') ? 0 : numbers.length - 1].replace(/,/g, '')) };
    }).filter(({ href, n }) => n !== null && !href.includes('.csv') && !href.includes('closed_from')));
    // Every third is enough here; the tests of the web crate follow all of them.
    for (const { href, n } of links.filter((_, nth) => nth % 3 === 0)) {
      await page.goto(demo.base + href);
      assert.equal(await listed(), n, `${path}: ${href}`);
      opened += 1;
    }
  }
  assert.ok(opened > 60, `${opened}`);
});

test('the screen on the wall is read at five metres and never scrolls', async () => {
  // A letter is read when it is seen under 15 minutes of arc; on a screen of 55 inches, 1218 mm wide, at 5 m that is 21.8 mm.
  const letter = (5000 * Math.tan((15 / 60) * (Math.PI / 180))) / 1218;
  for (const [width, height] of [[1366, 768], [1920, 1080], [3840, 2160]]) {
    await page.setViewportSize({ width, height });
    for (const lang of ['zh', 'en']) {
      await page.goto(`${demo.base}/board?lang=${lang}`);
      const { small, wide, high } = await page.evaluate(() => ({
        small: Math.min(...[...document.querySelectorAll('#board *')].filter((part) => part.childElementCount === 0 && part.textContent.trim())
          .map((part) => parseFloat(getComputedStyle(part).fontSize))),
        wide: document.documentElement.scrollWidth, high: document.documentElement.scrollHeight,
      }));
      assert.ok(small >= letter * width, `${small}px at ${width} (${lang}): wanted ${letter * width}`);
      assert.ok(wide <= width && high <= height, `${wide}×${high} on ${width}×${height} (${lang})`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${demo.base}/?lang=zh`);
});

test('the screen on the wall renews itself without being loaded anew', async () => {
  await page.goto(`${demo.base}/board`);
  await page.evaluate(() => { window.here = true; });
  const clock = () => page.locator('.board-head p').innerText();
  const before = await clock();
  const other = await signIn(browser, demo.base, 'ducha');
  await other.click('.demo-buttons button[value=day]');
  await page.waitForFunction((before) => document.querySelector('.board-head p').innerText !== before, before, { timeout: 15_000 });
  assert.equal(await page.evaluate(() => window.here), true, 'the page is the same one');
});

test('charts stand there without scripts', async () => {
  const plain = await signIn(browser, demo.base, 'ducha', { javaScriptEnabled: false });
  await plain.goto(`${demo.base}/ledgers/pipeline/charts`);
  assert.equal(await plain.locator('.chart').count(), 5);
  await plain.locator('.burn a').first().click();
  assert.match(plain.url(), /open_on=/);
});
