import assert from 'node:assert';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Desk, HOSTILE, batch, figures } from './desk.mjs';

let desk, browser;
const figure = (name) => `document.querySelector('[data-figure=${name}]').textContent`;
const cells = (id) => `[...document.querySelectorAll('#${id} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`;

// Of a node's text and what lies behind it, as the accessibility guidelines reckon it.
function contrastOf(node) {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  let behind = node;
  while (parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const light = (colour) => parts(colour).slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const [a, b] = [light(getComputedStyle(node).color), light(getComputedStyle(behind).backgroundColor)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}

before(async () => {
  desk = await Desk.start();
  browser = new Browser(process.env.TOOL);
  await desk.tell(figures());
  await browser.open(`${desk.url}/?token=${desk.token}`);
  await browser.until(`${figure('held')} === '12'`);
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

test('token leaves the address and is hidden from scripts', async () => {
  assert.equal(await browser.value('location.href'), `${desk.url}/`);
  assert.equal(await browser.value('document.cookie'), '');
  const { cookies } = await browser.send('Network.getCookies');
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly, true);
  assert.equal(cookies[0].sameSite, 'Strict');
});

test('figures and progress are shown', async () => {
  assert.equal(await browser.value(figure('requests')), '1,234');
  assert.equal(await browser.value(figure('saved_usd')), '$1.50');
  const [row] = await browser.value(cells('batches'));
  assert.equal(row[4], '125 of 500');
  assert.equal(row[5], '5');
  assert.match(row[6], /in 10 minutes$/);
  assert.equal(await browser.value(`document.querySelector('#batches progress').value`), 125);
  await browser.until(`document.querySelectorAll('#chart polyline').length === 3`);
  assert.match(await browser.value(`document.getElementById('chart-text').textContent`), /12 held, 3 queued/);
});

test('changes arrive without a reload, and are announced', async () => {
  await browser.value('window.marked = true');
  const ended = { ...batch({ state: 'completed', succeeded: 495 }), ended_at: Date.now() };
  await desk.tell(figures({ answered: 540, errors: 6, batches: [batch({ job_id: 'job-2', waits_for_key: true })], ended: [ended] }));
  await browser.until(`${figure('answered')} === '540'`);
  await browser.until(`document.getElementById('news').textContent.includes('500 requests answered, 1 new error')`);
  assert.equal(await browser.value('window.marked'), true);
  assert.equal((await browser.value(cells('batches')))[0][3], 'waits for its key');
  assert.equal((await browser.value(cells('ended')))[0][4], '495');
  assert.match(await browser.value(`document.getElementById('state').textContent`), /waits for its key/);
});

test('hostile names stay text', async () => {
  const hostile = batch({ model: HOSTILE, provider: HOSTILE, endpoint: HOSTILE, batch_id: HOSTILE, state: HOSTILE, problem: HOSTILE });
  await desk.tell(figures({ held: 13, batches: [hostile], ended: [{ ...hostile, ended_at: 1 }] }));
  await browser.until(`${figure('held')} === '13'`);
  const [row] = await browser.value(cells('batches'));
  assert.equal(row[0], HOSTILE);
  assert.equal(row[8], HOSTILE);
  assert.equal(await browser.value(`document.querySelectorAll('main img, main script').length`), 0);
});

test('page has a name for everything and works with keys', async () => {
  const { nodes } = await browser.send('Accessibility.getFullAXTree');
  const named = (role) => nodes.filter((node) => !node.ignored && node.role?.value === role).map((node) => node.name?.value);
  for (const role of ['button', 'table', 'image', 'img', 'region', 'progressbar']) for (const name of named(role)) assert.ok(name, `${role} without a name`);
  assert.equal(await browser.value(`document.querySelectorAll('table:not(:has(caption)), th:not([scope])').length`), 0);
  await browser.value('document.activeElement.blur()');
  const stops = [];
  for (let i = 0; i < 5; ++i) {
    await browser.press('Tab');
    stops.push(await browser.value('document.activeElement.id || document.activeElement.className || document.activeElement.localName'));
  }
  assert.deepEqual(stops, ['skip', 'pause', 'summary', 'scroll', 'scroll']);
  await browser.value(`document.getElementById('pause').focus()`);
  await browser.press(' ');
  assert.equal(await browser.value(`document.getElementById('pause').getAttribute('aria-pressed')`), 'true');
  await browser.press(' ');
});

test('light and dark differ, and text stands out in both', async () => {
  const grounds = [];
  for (const value of ['light', 'dark']) {
    await browser.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
    grounds.push(await browser.value('getComputedStyle(document.body).backgroundColor'));
    for (const selector of ['h1', 'dt', 'dd', 'th', 'td', 'caption', 'figcaption', 'button']) {
      const contrast = await browser.value(`(${contrastOf})(document.querySelector('${selector}'))`);
      assert.ok(contrast >= 4.5, `${selector}, ${value}: ${contrast}`);
    }
  }
  assert.notEqual(grounds[0], grounds[1]);
});

test('nothing foreign is asked for, and no policy is broken', async () => {
  for (const url of browser.requests) assert.ok(url.startsWith(`${desk.url}/`) || url === 'about:blank', url);
  assert.deepEqual(browser.problems, []);
});

test('a gateway that is gone is told', async () => {
  await desk.tell('end');
  await browser.until(`document.getElementById('state').textContent.includes('does not answer')`);
});
