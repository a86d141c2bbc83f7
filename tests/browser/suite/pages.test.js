// Every page, in both languages, by day and by night, on a desk and on an old phone: usable for who cannot see or point,
// nothing wider than the screen, nothing asked from outside, no text missing.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { password, signIn, startBrowser, startDemo } from './support.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let demo, browser, page, pages;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  page = await signIn(browser, demo.base, 'ducha');
  await walked('M11', 22);
  pages = await visited();
});
after(async () => { await browser?.close(); await demo?.stop(); });

/** Has every step of a walk done, as its buttons do: some pages are only there behind it. */
async function walked(walk, steps) {
  await page.goto(`${demo.base}/demo/walks`);
  for (let step = 0; step < steps; step += 1) {
    const fields = { jurisdiction: 'jiaocheng', walk, step, next: '/demo/walks', password, do: 'play' };
    const status = await page.evaluate(async (body) => (await fetch('/demo/walks', { method: 'POST', body: new URLSearchParams(body) })).status, fields);
    assert.equal(status, 200, `step ${step} of ${walk}`);
  }
}

/** What a person meets: the pages of the navigation, and one of each kind behind them. */
async function visited() {
  const firstOf = async (from, selector) => {
    await page.goto(demo.base + from);
    const link = page.locator(selector).first();
    return (await link.count()) ? new URL(await link.getAttribute('href'), demo.base).pathname : null;
  };
  const found = [
    '/', '/notifications', '/ledgers', '/ledgers/all', '/ledgers/annual-target', '/ledgers/annual-target/new', '/ledgers/annual-target?group=owner&cols=owner,f.due&q=%E9%A1%B9', '/ledgers/all/charts', '/ledgers/pipeline/charts', '/ledgers/pipeline/pipeline', '/ledgers/pipeline/gantt', '/reading', '/imports', '/bulletins', '/burden', '/burden?cases=yes', '/audit',
    '/mechanisms', '/mechanisms/three-plus-24', '/mechanisms/three-plus-24/process', '/mechanisms/three-plus-24/process/before', '/registers', '/org', '/board', '/log', '/demo/walks', '/nowhere',
    '/account', '/account/acting', '/account/notices', '/account/second', '/admin', '/admin/accounts', '/admin/audit', '/admin/leaders', '/admin/robots', '/admin/packs', '/admin/custodians', '/admin/erasures',
    '/assessments', '/meetings', '/calendar', '/calendar?of=all', '/search', '/q', '/q/jiaocheng/r/equipment/d004', '/q/jiaocheng/u/longmen-grid', '/codes/equipment', '/campaigns', '/grid', '/search?q=%E9%A1%B9%E7%9B%AE',
    '/assessments/annual-assessment?period=2023', '/assessments/annual-assessment?period=2024',
    '/assessments/annual-assessment/papers/grades?period=2023', '/assessments/annual-assessment/papers/commendation?period=2023',
    await firstOf('/assessments/annual-assessment?period=2024', '#course a[href^="/assessments/annual-assessment/"]'),
    await firstOf('/ledgers/annual-target', 'main a[href^="/cases/"]'),
    await firstOf('/ledgers/three-plus-24?open=no', 'main a[href^="/cases/"]'),
    await firstOf('/bulletins', 'a[href^="/bulletins/"]'),
    await firstOf('/mechanisms/device-campaign', 'a[href^="/registers/"]'),
    await firstOf('/mechanisms/three-plus-24', 'a[href^="/packs/"]'),
    await firstOf('/campaigns', 'a[href^="/campaigns/"]'),
    await firstOf('/log', 'a[href^="/log/"]'),
    // The strip of the tour goes along from here on, until it is ended.
    '/demo/tour/3', '/demo/tour/0',
  ];
  assert.ok(!found.includes(null), `a kind of page is not to be found: ${found}`);
  return found;
}

/** What is wrong with the page that is open, one line each. */
async function faults(where) {
  const violations = await page.evaluate(async (source) => {
    if (!window.axe) (0, eval)(source);
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' ¦ ')}`);
  }, axe);
  return violations.map((fault) => `${where}: ${fault}`);
}

async function inEach(settings, look) {
  const found = [];
  for (const setting of settings) {
    for (const path of pages) {
      const answer = await page.goto(demo.base + path);
      const wanted = path === '/nowhere' ? 404 : 200;
      if (answer.status() !== wanted) found.push(`${path} answers ${answer.status()}`);
      found.push(...(await look(path, setting)));
    }
  }
  return found;
}

for (const lang of ['zh', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing on any page: ${lang}, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${demo.base}/?lang=${lang}`);
      assert.deepEqual(await inEach([null], (path) => faults(path)), []);
    });
  }

  test(`no page is wider than an old phone or a doubled desk, no text is missing, no figure is no number: ${lang}`, async () => {
    await page.goto(`${demo.base}/?lang=${lang}`);
    // 200 % on a screen of 1280 leaves 640.
    const found = await inEach([320, 640], async (path, width) => {
      await page.setViewportSize({ width, height: 700 });
      const { wide, text } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, text: document.body.innerText }));
      // A text that the catalogue lacks is shown as its key, in these brackets.
      const missing = text.match(/⟦[^⟧]*⟧/g) ?? [];
      // A figure that could not be computed is said in words.
      const odd = path.startsWith('/log') ? [] : text.match(/\bNaN\b|\bInfinity\b|∞|\bundefined\b/g) ?? [];
      return [...(wide > width ? [`${path} is ${wide} wide at ${width}`] : []), ...[...missing, ...odd].map((key) => `${path}: ${key}`)];
    });
    await page.setViewportSize({ width: 1280, height: 900 });
    assert.deepEqual(found, []);
  });
}

test('the first load of every page is small, with style and script', async () => {
  const found = [];
  for (const path of pages) {
    let bytes = 0;
    const weigh = async (response) => { bytes += gzipSync(await response.body()).length; };
    const fresh = await browser.newContext({ storageState: await page.context().storageState() });
    const first = await fresh.newPage();
    const loads = [];
    // What comes after the page has loaded (a stream of changes, a worker's copy) is no first load, and may never end.
    let loading = true;
    first.on('response', (response) => {
      const stream = (response.headers()['content-type'] ?? '').startsWith('text/event-stream');
      if (loading && !stream && response.url().startsWith(demo.base) && response.status() === 200) loads.push(weigh(response));
    });
    await first.goto(demo.base + path);
    loading = false;
    await Promise.all(loads);
    await fresh.close();
    if (bytes >= 150_000) found.push(`${path}: ${bytes} bytes compressed`);
  }
  assert.deepEqual(found, []);
});

test('a case prints as a sheet of one page, however long its course', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${demo.base}/ledgers/all`);
  const cases = await page.$$eval('main a[href^="/cases/"]', (links) => [...new Set(links.map((link) => link.getAttribute('href')))]);
  assert.ok(cases.length >= 12, `only ${cases.length} cases to print`);
  const found = [];
  for (const path of cases.slice(0, 12)) {
    await page.goto(demo.base + path);
    const sheet = await page.pdf({ preferCSSPageSize: true });
    const sides = sheet.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
    if (sides !== 1) found.push(`${path} takes ${sides} pages`);
  }
  assert.deepEqual(found, []);
});

test('nothing was asked from outside and no script failed', () => {
  assert.deepEqual(page.outside, []);
  assert.deepEqual(page.faults.filter((fault) => !fault.includes('404')), []);
});

test('the papers of the announced year are issued by its office and kept as they went out', async () => {
  const office = await signIn(browser, demo.base, 'kaoheban');
  const main = () => office.locator('main').innerText();
  for (const [paper, words] of [['grades', '等次评定结果的通知'], ['commendation', '予以表彰']]) {
    const at = `/assessments/annual-assessment/papers/${paper}`;
    await office.goto(`${demo.base}${at}?period=2023`);
    assert.ok((await main()).includes(words), paper);
    await Promise.all([office.waitForNavigation(), office.click('main form button[type=submit]')]);
    const said = await main();
    const hash = said.match(/sha256:[0-9a-f]{64}/)?.[0];
    assert.ok(hash, `${paper} names the hash of what was issued: ${said.slice(0, 300)}`);
    assert.equal(await office.locator('main form button[type=submit]').count(), 0, 'the same is not issued twice');
    await office.goto(`${demo.base}${at}?period=2023&content=${encodeURIComponent(hash)}`);
    assert.ok((await main()).includes(hash), 'the issue is found by its hash');
    const docx = await office.evaluate(async (address) => {
      const answer = await fetch(address);
      return [answer.status, String.fromCharCode(...new Uint8Array(await answer.arrayBuffer()).slice(0, 2))];
    }, `${at}.docx?period=2023`);
    assert.deepEqual(docx, [200, 'PK']);
  }
  // What is not announced waits for its day.
  await office.goto(`${demo.base}/assessments/annual-assessment?period=2024`);
  assert.equal(await office.locator('a[href*="/papers/"]').count(), 0);
  await office.context().close();
});
