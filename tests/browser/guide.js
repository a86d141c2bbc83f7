// Makes the pictures of docs/guide: the demo's pages as six people meet them, each as its handbook speaks of it.
// `cargo xtask guide` runs it. A picture that a handbook shows and this does not make, or the other way round, is a fault.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, signIn, startBrowser, startDemo } from './suite/support.js';

const guide = join(root, 'docs/guide');
const images = join(guide, 'images');
const phone = { viewport: { width: 390, height: 760 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true };

/** Who, on what, which pages: the picture's name and how to get there. */
const people = [
  ['ducha', {}, [
    ['clerk-desk', (page) => to(page, '/')],
    ['clerk-new', (page) => to(page, '/ledgers/key-task/new')],
    ['clerk-import', (page) => to(page, '/imports')],
    ['clerk-ledger', (page) => to(page, '/ledgers/key-task')],
    ['clerk-notices', (page) => to(page, '/notifications')],
    ['clerk-intake', intake],
  ]],
  ['xianzhang', {}, [
    ['leader-desk', (page) => to(page, '/')],
    ['leader-bulletin', async (page) => { await to(page, '/bulletins'); await open(page, 'main a[href^="/bulletins/"]'); }],
    ['leader-board', (page) => to(page, '/board')],
  ]],
  ['zhujian', {}, [
    ['handler-desk', (page) => to(page, '/')],
    ['handler-case', async (page) => { await to(page, '/'); await open(page, '.duty a[href^="/cases/"]', '推进落实'); }],
  ]],
  ['zhengfuban', {}, [
    ['verifier-desk', (page) => to(page, '/')],
    ['verifier-case', async (page) => { await to(page, '/'); await open(page, '.duty a[href^="/cases/"]', '核查'); }],
  ]],
  ['danyuanzhang', phone, [
    ['grid-desk', (page) => to(page, '/')],
    ['grid-new', (page) => to(page, '/ledgers/grid-matter/new')],
  ]],
  ['lianluozhan', {}, [
    ['reception-desk', (page) => to(page, '/')],
    ['reception-case', async (page) => { await to(page, '/'); await open(page, '.duty a[href^="/cases/"]'); }],
  ]],
];

let demo;
/** An instruction typed in, down to the scan: a longer page than the others. */
async function intake(page) {
  await to(page, '/ledgers/instruction/new');
  await page.fill('#new-matter', '查清城西污水直排');
  for (const [field, words] of [['#owner', '住房和城乡建设管理局'], ['#new-leader', '县长']]) {
    await page.selectOption(field, await page.locator(`${field} option`, { hasText: words }).first().getAttribute('value'));
  }
  await page.fill('#new-instructed_on', '2026-01-05');
  await page.fill('#new-wording', '请住建局一周内查清城西污水直排一事，结果报我。');
  await page.setInputFiles('#papers', { name: '批示件.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') });
  await page.setViewportSize({ width: 1100, height: 1790 });
}
async function to(page, path) {
  const answer = await page.goto(demo.base + path);
  if (!answer.ok()) throw new Error(`${path} answers ${answer.status()}`);
}
async function open(page, selector, hasText) {
  const link = page.locator(selector, hasText ? { hasText } : {}).first();
  await page.goto(new URL(await link.getAttribute('href'), page.url()).href);
}

rmSync(images, { recursive: true, force: true });
mkdirSync(images, { recursive: true });
const browser = await startBrowser();
const made = new Set();
try {
  demo = await startDemo();
  for (const [login, options, pages] of people) {
    const page = await signIn(browser, demo.base, login, { viewport: { width: 1100, height: 720 }, reducedMotion: 'reduce', ...options });
    for (const [name, go] of pages) {
      await go(page);
      await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); return document.fonts.ready; });
      await page.screenshot({ path: join(images, `${name}.jpg`), type: 'jpeg', quality: 62 });
      made.add(`${name}.jpg`);
    }
    if (page.faults.length) throw new Error(`${login}: ${page.faults.join('; ')}`);
    await page.context().close();
  }
} finally {
  await browser.close();
  await demo?.stop();
}
const texts = readdirSync(guide).filter((name) => name.endsWith('.md')).map((name) => readFileSync(join(guide, name), 'utf8')).join('\n');
const shown = new Set([...texts.matchAll(/images\/([a-z-]+\.jpg)/g)].map(([, name]) => name));
const missing = [...shown].filter((name) => !made.has(name));
const idle = [...made].filter((name) => !shown.has(name));
if (missing.length || idle.length) throw new Error(`pictures that are shown and not made: ${missing}; made and not shown: ${idle}`);
console.log(`${made.size} pictures in docs/guide/images`);
