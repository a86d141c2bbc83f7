// Starts the demo on a free port with a data directory of its own, and signs people in.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { chromium } from 'playwright-core';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
export const binary = process.env.BIHUAN_BINARY ?? join(target, 'debug', 'bihuan');
export const fixtures = join(root, 'tests/browser/fixtures');
export const password = 'bihuan-demo';

export function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** A running demo; `stop()` ends it and removes its data. */
export async function startDemo() {
  const place = mkdtempSync(join(tmpdir(), 'bihuan-browser-'));
  const data = join(place, 'data');
  const port = await freePort();
  const child = spawn(binary, ['demo', '--data', data, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const base = `http://127.0.0.1:${port}`;
  const until = Date.now() + 180_000;
  for (;;) {
    try {
      const answer = await fetch(`${base}/sign-in`);
      if (answer.ok) break;
    } catch { /* not yet */ }
    if (child.exitCode !== null || Date.now() > until) throw new Error(`the demo did not start:\n${said}`);
    await new Promise((go) => setTimeout(go, 250));
  }
  return {
    base, data, said: () => said, pid: child.pid,
    async stop(signal = 'SIGTERM') {
      const ended = new Promise((done) => child.once('exit', done));
      if (child.exitCode === null) { child.kill(signal); await ended; }
      rmSync(place, { recursive: true, force: true });
    },
    async kill() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A browser context signed in as `login`; every request outside the demo is recorded as a fault. */
export async function signIn(browser, base, login, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN', ...options });
  const page = await context.newPage();
  page.outside = [];
  page.faults = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) page.outside.push(request.url());
  });
  page.on('console', (message) => { if (message.type() === 'error') page.faults.push(message.text()); });
  page.on('pageerror', (error) => page.faults.push(String(error)));
  await page.goto(`${base}/sign-in`);
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('.sign-in-form button[type=submit]');
  await page.waitForURL(`${base}/`);
  return page;
}

/** The words of a DOCX: its document as the directory at the end of the archive names it, without the marks. */
export function wordsOf(docx) {
  const end = docx.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = docx.readUInt32LE(end + 16);
  for (let left = docx.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [size, name, extra, comment] = [20, 28, 30, 32].map((n) => (n === 20 ? docx.readUInt32LE(at + n) : docx.readUInt16LE(at + n)));
    if (docx.toString('utf8', at + 46, at + 46 + name) === 'word/document.xml') {
      const head = docx.readUInt32LE(at + 42);
      const from = head + 30 + docx.readUInt16LE(head + 26) + docx.readUInt16LE(head + 28);
      const bytes = docx.subarray(from, from + size);
      const xml = docx.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
      return xml.toString('utf8').replace(/<[^>]*>/g, '');
    }
    at += 46 + name + extra + comment;
  }
  throw new Error('no word/document.xml in it');
}
