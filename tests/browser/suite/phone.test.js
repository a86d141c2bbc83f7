// The phone: a small screen, a thumb, and a signal that comes and goes. Forms and photos are kept, sent once and in
// order, and what became of them is said. The worker of the market bureau stands before a device with the form open.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { signIn, startBrowser, startDemo } from './support.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const shots = process.env.BIHUAN_SHOTS;
let demo, browser;
before(async () => { [demo, browser] = await Promise.all([startDemo(), startBrowser()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const shot = (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
const kept = (page) => page.locator('#outbox .kept-form');
const states = async (page) => (await kept(page).locator('.kept-state').allInnerTexts()).join(' ¦ ');
/** Waits until the outbox says so. */
const until = (page, words) => page.locator('#outbox', { hasText: words }).first().waitFor();

/** A visit of the experts that waits for its findings: its case, and the form for one finding at a device. */
async function visit(page) {
  await page.goto(`${demo.base}/q`);
  await page.locator('.tile', { hasText: '入企检查' }).first().click();
  const id = new URL(page.url()).pathname.split('/').pop();
  return { id, form: `${demo.base}/q/cases/${id}/act/step:find?at=equipment%2Fd004` };
}

const find = async (page, what) => {
  await page.fill('[name="r.what"]', what);
  await page.locator('[name="r.aspect"]').first().evaluate((field) => {
    if (field.tagName === 'SELECT') { field.selectedIndex = 1; field.dispatchEvent(new Event('change', { bubbles: true })); } else field.click();
  });
  await page.locator('[name="r.class"]').first().evaluate((field) => {
    if (field.tagName === 'SELECT') { field.selectedIndex = 1; field.dispatchEvent(new Event('change', { bubbles: true })); } else field.click();
  });
};

/** A photo of 3,000 by 2,000 pixels, as a camera makes it. */
const photo = (page) => page.evaluate(async () => {
  const canvas = document.createElement('canvas');
  canvas.width = 3000; canvas.height = 2000;
  const pen = canvas.getContext('2d');
  for (let n = 0; n < 400; n += 1) { pen.fillStyle = `hsl(${n}, 60%, 50%)`; pen.fillRect((n * 137) % 3000, (n * 71) % 2000, 300, 200); }
  return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
}).then((text) => Buffer.from(text, 'base64'));

test('the signal is lost in mid-form: what is typed and photographed stays, is sent once and in order when it returns', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  await page.goto(form);
  await page.evaluate(() => navigator.serviceWorker.ready);
  assert.equal(await page.locator('select[name="r.device"], input[name="r.device"]:visible').count(), 0, 'the device was scanned and is not asked for');
  await find(page, '安全阀铅封缺失');
  await page.locator('summary', { hasText: '附材料' }).click();
  await page.setInputFiles('input[name=files]', { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: await photo(page) });
  await page.locator('.photos img').waitFor();
  await shot(page, 'phone-form');
  await page.context().setOffline(true);
  await page.fill('[name="note"]', '现场风大');
  await page.waitForTimeout(600);
  // The page is loaded again without signal: it opens, and everything is still there.
  await page.reload();
  await page.locator('.photos img').waitFor();
  assert.equal(await page.inputValue('[name="r.what"]'), '安全阀铅封缺失');
  assert.equal(await page.inputValue('[name="note"]'), '现场风大');
  assert.equal(await page.locator('.photos img').count(), 1);
  assert.match(await page.locator('#signal').innerText(), /没有信号/);
  await shot(page, 'phone-offline');
  // A hasty thumb: twice.
  await page.locator('.send button').dblclick();
  await until(page, '等待发送');
  await page.locator('#kept', { hasText: '已存在本机' }).waitFor();
  await shot(page, 'phone-waiting');
  await page.locator('[data-once-more]').click();
  await page.waitForLoadState();
  assert.equal(await page.inputValue('[name="r.what"]'), '', 'one more is a new form');
  await find(page, '压力表超期未检');
  await page.locator('.send button').tap();
  await page.locator('#outbox .is-waiting').nth(1).waitFor();
  assert.equal(await kept(page).count(), 2);

  await page.context().setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('#outbox .is-sent').nth(1).waitFor();
  assert.match(await states(page), /已送达 · 回执号 \d+ ¦ 已送达 · 回执号 \d+/);
  await shot(page, 'phone-sent');
  const numbers = (await states(page)).match(/\d+/g).map(Number);
  await page.goto(`${demo.base}/cases/${id}`);
  const text = await page.locator('main').innerText();
  assert.equal(text.split('安全阀铅封缺失').length - 1, 1, 'once');
  const rows = await page.locator('table.register td[data-label]').allInnerTexts();
  assert.ok(rows.indexOf('压力表超期未检') < rows.indexOf('安全阀铅封缺失') && rows.includes('安全阀铅封缺失'), `in the order in which they were written, the newest first: ${rows}`);
  assert.ok(numbers[0] > numbers[1], 'the outbox tells of the newest first');
  const links = await page.locator('a[href*="/evidence/"]').evaluateAll((all) => [...new Set(all.map((link) => link.getAttribute('href')))]);
  assert.equal(links.length, 1, 'the photo came once');
  const file = await page.request.get(demo.base + links[0]);
  assert.ok((await file.body()).length < 1_500_000, 'it was made smaller on the phone');
  assert.deepEqual(page.outside, []);
  await page.context().close();
});

test('a server that was reached and whose answer was lost does nothing twice', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  await page.goto(form);
  await find(page, '应答丢失的一条');
  // The form arrives, its answer does not.
  let lost = 0;
  await page.route('**/q/send', async (route) => {
    if (lost) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort('connectionreset');
  });
  await page.locator('.send button').tap();
  await page.locator('#outbox .is-sent').first().waitFor({ timeout: 20_000 });
  assert.equal(lost, 1);
  await page.goto(`${demo.base}/cases/${id}`);
  assert.equal((await page.locator('table.register').first().innerText()).split('应答丢失的一条').length - 1, 1);
  await page.context().close();
});

test('a refused form says why, holds what was written behind it, and goes out when it is mended', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  await page.goto(form);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await find(page, '先写的一条');
  // A day that is none is refused by the server; the browser's own check is passed by.
  await page.evaluate(() => { const day = document.querySelector('[name="r.found_on"]'); day.type = 'text'; day.value = '昨天'; day.dispatchEvent(new Event('input', { bubbles: true })); });
  await page.context().setOffline(true);
  await page.locator('.send button').tap();
  await until(page, '等待发送');
  await page.locator('[data-once-more]').click();
  await find(page, '后写的一条');
  await page.locator('.send button').tap();
  await page.locator('#outbox .is-waiting').nth(1).waitFor();
  await page.context().setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('#outbox .is-refused').waitFor();
  await until(page, '先改好那一份');
  assert.match(await page.locator('#outbox .is-refused').innerText(), /日期|年-月-日/);
  await shot(page, 'phone-refused');
  await page.locator('#outbox .is-refused a.button').click();
  await page.locator('#kept.is-refused').waitFor();
  assert.equal(await page.inputValue('[name="r.what"]'), '先写的一条');
  await page.fill('[name="r.found_on"]', '2024-05-20');
  await page.locator('.send button').tap();
  await page.locator('#outbox .is-sent').nth(1).waitFor();
  await page.goto(`${demo.base}/cases/${id}`);
  const rows = await page.locator('table.register td[data-label]').allInnerTexts();
  assert.ok(rows.indexOf('后写的一条') >= 0 && rows.indexOf('后写的一条') < rows.indexOf('先写的一条'), `${rows}`);
  await page.context().close();
});

test('a stale tab does not send the same form again', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  await page.goto(form);
  await find(page, '两个标签页');
  await page.waitForTimeout(600);
  const other = await page.context().newPage();
  await other.goto(form);
  // What the phone keeps is put in once the page stands.
  await other.waitForFunction(() => document.querySelector('[name="r.what"]').value === '两个标签页');
  await page.locator('.send button').tap();
  await page.locator('#outbox .is-sent').first().waitFor();
  await other.locator('.send button').tap();
  await other.locator('#kept', { hasText: '已经交过' }).waitFor();
  await page.goto(`${demo.base}/cases/${id}`);
  assert.equal((await page.locator('table.register').first().innerText()).split('两个标签页').length - 1, 1);
  await page.context().close();
});

test('a session that ends in mid-form loses nothing: after signing in the form goes out in the same name only', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  await page.goto(form);
  await find(page, '会话失效时写的');
  await page.waitForTimeout(600);
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await page.locator('.send button').tap();
  await until(page, '重新登录');
  await shot(page, 'phone-signed-out');
  // Somebody else on the same phone: it is neither shown nor sent in his name.
  await page.goto(`${demo.base}/sign-in`);
  await page.fill('#login', 'nongye');
  await page.fill('#password', 'bihuan-demo');
  await page.click('.sign-in-form button[type=submit]');
  await page.waitForURL(`${demo.base}/`);
  await page.goto(`${demo.base}/q`);
  await until(page, '还有别人的 1 份');
  assert.equal(await kept(page).count(), 0);
  await page.context().clearCookies();
  await page.context().addCookies(cookies);
  await page.goto(`${demo.base}/q`);
  await page.locator('#outbox .is-sent').first().waitFor();
  await page.goto(`${demo.base}/cases/${id}`);
  assert.match(await page.locator('table.register').first().innerText(), /会话失效时写的/);
  await page.context().close();
});

test('signing out takes along what is on the phone, and asks first about what was not sent', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { form } = await visit(page);
  await page.goto(form);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.goto(form);
  await find(page, '没有写完');
  await page.waitForTimeout(600);
  let asked = '';
  page.once('dialog', (dialog) => { asked = dialog.message(); dialog.dismiss(); });
  await page.locator('form[action="/sign-out"] button').tap();
  await page.waitForTimeout(500);
  assert.match(asked, /1 份表单没有送出/);
  assert.equal(new URL(page.url()).pathname, new URL(form).pathname, 'one stays');
  page.once('dialog', (dialog) => dialog.accept());
  await page.locator('form[action="/sign-out"] button').tap();
  await page.waitForURL('**/sign-in');
  const left = await page.evaluate(async () => {
    const db = await new Promise((done) => { const ask = indexedDB.open('bihuan-phone'); ask.onsuccess = () => done(ask.result); });
    const forms = await new Promise((done) => { const ask = db.transaction('forms').objectStore('forms').getAll(); ask.onsuccess = () => done(ask.result.length); });
    const names = (await caches.keys()).filter((name) => name.startsWith('bihuan-phone-pages'));
    return { forms, names };
  });
  assert.deepEqual(left, { forms: 0, names: [] });
  await page.context().close();
});

test('a campaign and the tree of grids: every number opens what it counts', async () => {
  const page = await signIn(browser, demo.base, 'ducha');
  await page.goto(`${demo.base}/campaigns`);
  await page.locator('section', { hasText: '特种设备专家排查' }).locator('a[href^="/campaigns/"]').last().click();
  await shot(page, 'campaign');
  const figure = async (words) => {
    const link = page.locator('.figures .figure', { hasText: words }).first();
    return { n: Number((await link.locator('.figure-n').innerText()).replace(/,/g, '')), href: await link.getAttribute('href') };
  };
  const [due, seen, left] = [await figure('应查'), await figure('已查'), await figure('未查')];
  assert.equal(seen.n + left.n, due.n);
  for (const { n, href } of [due, seen, left]) {
    await page.goto(demo.base + href);
    assert.equal(Number((await page.locator('#rows h2 .num').innerText()).replace(/,/g, '')), n, href);
  }
  await page.goto(`${demo.base}/grid`);
  await shot(page, 'grid');
  const text = await page.locator('main').innerText();
  for (const [n, what] of [[5, '乡镇联络站'], [5, '网格'], [17, '楼栋'], [54, '单元']]) {
    const found = page.locator('.figures .figure').filter({ has: page.locator('span', { hasText: new RegExp(`^${what}$`) }) });
    assert.equal((await found.first().locator('.figure-n').innerText()).trim(), String(n), what);
  }
  assert.match(text, /安置社区居民事项[\s\S]*单元长办理[\s\S]*楼长办理[\s\S]*网格长办理/, 'the way up, level by level');
  assert.ok(!/排名|名次/.test(text), 'nobody is ranked');
  await page.context().close();
});

test('nothing on the phone is too small for a thumb, wider than an old screen or closed to who cannot see', async () => {
  const page = await signIn(browser, demo.base, 'shichang', phone);
  const { id, form } = await visit(page);
  const pages = ['/q', '/q/jiaocheng/r/equipment/d004', '/q/jiaocheng/r/enterprises/huaxin-fertiliser', '/q/jiaocheng/u/market', `/q/cases/${id}`, form.slice(demo.base.length),
    '/q/open/device-visit?at=enterprises%2Flihu', '/q/row/device_suggestions?at=enterprises%2Flihu', '/codes/equipment', '/codes/units/141122100-longmen'];
  const found = [];
  for (const lang of ['zh', 'en']) {
    await page.goto(`${demo.base}/?lang=${lang}`);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const path of pages) {
        await page.goto(demo.base + path);
        const faults = await page.evaluate(async (source) => {
          if (!window.axe) (0, eval)(source);
          const { violations } = await window.axe.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' ¦ ')}`);
        }, axe);
        found.push(...faults.map((fault) => `${lang} ${colorScheme} ${path}: ${fault}`));
      }
    }
    for (const path of pages) {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(demo.base + path);
      const { wide, small, text } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        text: document.body.innerText,
        small: document.documentElement.classList.contains('phone')
          ? [...document.querySelectorAll('main button, main .button, main .tile, main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main select, main .choice, main summary')]
            .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 47.5)
            .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 20)} ${one.getBoundingClientRect().height}`)
          : [],
      }));
      if (wide > 320) found.push(`${path} is ${wide} wide`);
      found.push(...small.map((one) => `${path}: ${one}`), ...(text.match(/⟦[^⟧]*⟧/g) ?? []).map((key) => `${path}: ${key}`));
    }
    await page.setViewportSize(phone.viewport);
  }
  assert.deepEqual(found, []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
});
