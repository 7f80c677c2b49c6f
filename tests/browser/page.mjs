// See `run`. Exit code 0: all as expected.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';

const [root, pictures] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'page-'));
const browser = await puppeteer.launch({
  args: [...chromium.args, '--no-sandbox'],
  executablePath: await chromium.executablePath(),
  headless: 'shell',
});
try {
  cpSync(join(root, 'org'), join(folder, 'org'), { recursive: true });
  const source = join(folder, 'org/roles.src.yml');
  const text = readFileSync(source, 'utf8')
    .replace('lambda: [eventSource, layer]', 'lambda: [eventSource, layer, url]')
    .replace('RoleName: on-call', "RoleName: on-call\n      Description2: '<img src=x onerror=document.title=1>'")
    .replace('- dynamodb:DeleteTable\n', '');
  assert.notEqual(text, readFileSync(source, 'utf8'));
  writeFileSync(source, text);
  const program = process.env.BINARY || join(root, 'target/debug/deploy-roles');
  const html = execFileSync(program, ['diff', '--format', 'html'], { cwd: folder, maxBuffer: 1 << 28 });
  const file = join(folder, 'page.html');
  writeFileSync(file, html);

  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', error => problems.push(String(error)));
  page.on('console', message => problems.push(message.text()));
  page.on('request', request => request.url().startsWith('file:') || problems.push(`asks for ${request.url()}`));
  await page.setViewport({ width: 1400, height: 900 });
  await page.goto(`file://${file}`);

  const shown = () => page.$$eval('#access tbody tr', rows => rows.filter(row => row.offsetHeight > 0).length);
  const all = await shown();
  assert.match(await page.$eval('#verdict', node => node.textContent), /^\d+ principals gain access/);
  assert.ok(all >= 3, `${all} rows`);
  if (pictures) await page.screenshot({ path: join(pictures, 'light.png') });

  await page.type('input[name=words]', 'lambda:createfunctionurl');
  const some = await shown();
  assert.ok(some > 0 && some < all, `${some} of ${all}`);
  assert.equal(await page.$eval('#shown', node => node.textContent), `${some} of ${all}`);
  await page.$eval('input[name=words]', node => { node.value = ''; node.dispatchEvent(new Event('input', { bubbles: true })); });
  assert.equal(await shown(), all);
  for (const name of ['change', 'level', 'stage']) {
    const values = await page.$$eval(`select[name=${name}] option`, options => options.map(option => option.value));
    let sum = 0;
    for (const value of values.slice(1)) {
      await page.select(`select[name=${name}]`, value);
      sum += await shown();
    }
    assert.equal(sum, all, name);
    await page.select(`select[name=${name}]`, '');
  }

  const marked = await page.$$eval('#roles svg rect.gains', nodes => nodes.length);
  assert.ok(marked >= 2, `${marked} principals of the picture gain`);
  const words = await page.$eval('#roles svg', node => node.textContent);
  assert.ok(words.includes('+ gains access') && words.includes('Payments test: DevAccount, StagingAccount'));
  assert.ok(await page.$eval('#roles svg', node => node.getBoundingClientRect().height) > 100);
  await page.click('#roles summary');
  assert.equal(await page.$eval('#roles', node => node.open), false);

  const sides = 'details:has(.sides)';
  assert.equal(await page.$eval(sides, node => node.open), false);
  await page.click(`${sides} summary`);
  assert.ok(await page.$$eval('.sides td.added', cells => cells.some(cell => cell.textContent.includes('LambdaUrls'))));
  assert.ok(await page.$$eval('.sides td.added', cells => cells.some(cell => cell.textContent.includes('<img src=x'))));
  assert.equal(await page.$$eval('img', images => images.length), 0);
  if (pictures) await page.screenshot({ path: join(pictures, 'sides.png') });

  const back = () => page.$eval('body', node => getComputedStyle(node).backgroundColor);
  const light = await back();
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  assert.notEqual(await back(), light);
  if (pictures) await page.screenshot({ path: join(pictures, 'dark.png') });
  assert.deepEqual(problems, []);
  console.log(`the page works: ${all} rows, ${html.length} bytes`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
