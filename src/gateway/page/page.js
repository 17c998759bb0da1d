// Asks for the figures every two seconds and shows them. Whatever comes from outside, the names of models and the
// vendors' words above all, is only ever put into text nodes.
'use strict';

const INTERVAL_MS = 2000;
const SPAN_MS = 10 * 60 * 1000;
const MINUTE_MS = 60 * 1000;
const NEWS_EVERY_MS = 10 * 1000;
const SVG = 'http://www.w3.org/2000/svg';
const CHART = { left: 44, right: 712, top: 10, bottom: 178 };
const SERIES = ['held', 'queued', 'answered'];

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: 4 });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const number = (value) => (Number.isFinite(value) ? value : 0);
const count = (value, noun) => `${whole.format(value)} ${noun}${value === 1 ? '' : 's'}`;

// Leaves the node alone where nothing changed, so that a selection in it stays.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function make(name, className) {
  const node = document.createElement(name);
  if (className) node.className = className;
  return node;
}

function timeText(ms) {
  if (!Number.isFinite(ms) || ms < 0) return 'unknown';
  const date = new Date(ms);
  return Math.abs(ms - Date.now()) < 12 * 60 * MINUTE_MS ? clock.format(date) : day.format(date);
}

function spanText(ms) {
  const minutes = Math.round(ms / MINUTE_MS);
  if (ms <= 0) return 'any moment';
  if (minutes < 1) return 'in less than a minute';
  return minutes < 120 ? `in ${count(minutes, 'minute')}` : `in ${count(Math.round(minutes / 60), 'hour')}`;
}

function endText(batch) {
  if (batch.waits_for_key) return 'when a call brings its key';
  if (Number.isFinite(batch.expected_at)) return `${timeText(batch.expected_at)}, ${spanText(batch.expected_at - Date.now())}`;
  return batch.expires_at > 0 ? `at the latest ${timeText(batch.expires_at)}` : 'unknown';
}

const stateText = (batch) => (batch.waits_for_key ? 'waits for its key' : String(batch.state).replaceAll('_', ' '));

// A table whose rows keep their nodes for as long as their batch is there: the place of focus and scrolling stays.
class Rows {
  constructor(id, columns, empty) {
    this.body = byId(id).tBodies[0];
    this.columns = columns;
    this.rows = new Map();
    this.emptyRow = make('tr');
    const cell = make('td');
    cell.colSpan = columns.length;
    cell.textContent = empty;
    this.emptyRow.append(cell);
  }

  show(items) {
    const kept = new Map();
    let place = this.body.firstChild;
    items.forEach((item, index) => {
      const key = `${item.job_id}/${item.created_at}/${item.model}/${item.job_id ? '' : index}`;
      const row = this.rows.get(key) ?? this.makeRow();
      kept.set(key, row);
      if (row === place) place = place.nextSibling;
      else this.body.insertBefore(row, place);
      this.columns.forEach((column, at) => column.fill(row.cells[at], item));
    });
    this.rows = kept;
    const wanted = new Set(items.length > 0 ? kept.values() : [this.emptyRow]);
    for (const row of [...this.body.rows]) if (!wanted.has(row)) row.remove();
    if (items.length === 0 && !this.emptyRow.isConnected) this.body.append(this.emptyRow);
  }

  makeRow() {
    const row = make('tr');
    this.columns.forEach((column, at) => {
      const cell = make(at === 0 ? 'th' : 'td', column.className);
      if (at === 0) cell.scope = 'row';
      row.append(cell);
    });
    return row;
  }
}

const text = (read, className) => ({ className, fill: (cell, item) => setText(cell, read(item)) });

const progress = {
  fill(cell, batch) {
    const total = number(batch.total);
    const over = Math.min(total, number(batch.succeeded) + number(batch.errored));
    if (!cell.firstChild) cell.append(make('progress'), document.createTextNode(''));
    const [bar, words] = cell.childNodes;
    bar.max = Math.max(1, total);
    bar.value = over;
    bar.setAttribute('aria-label', `Progress of ${batch.model}`);
    const said = `${whole.format(over)} of ${whole.format(total)}`;
    if (words.data !== said) words.data = said;
  },
};

const named = [text((b) => String(b.model || 'several models')), text((b) => String(b.provider)), text((b) => String(b.endpoint)), text(stateText)];
const problem = text((b) => (b.problem ? String(b.problem) : ''), 'problem');
const vendorId = text((b) => String(b.batch_id || 'none yet'));
const errors = text((b) => whole.format(number(b.errored)), 'number');

const running = new Rows('batches', [...named, progress, errors, text(endText), vendorId, problem], 'No batch waits or runs.');
const ended = new Rows(
  'ended',
  [...named, text((b) => whole.format(number(b.succeeded)), 'number'), errors, text((b) => timeText(b.ended_at)), vendorId, problem],
  'No batch has ended since the gateway was started.',
);

function showTotals(stats) {
  for (const cell of document.querySelectorAll('[data-figure]')) {
    const value = number(stats[cell.dataset.figure]);
    setText(cell, cell.dataset.figure === 'saved_usd' ? dollars.format(value) : whole.format(value));
  }
}

// The chart: what was seen since the page was opened, at most ten minutes of it.
const samples = [];

function answeredPerMinute(now, answered) {
  const since = samples.find((sample) => now - sample.at <= MINUTE_MS) ?? { at: now, total: answered };
  const span = now - since.at;
  const gained = Math.max(0, answered - since.total);
  return span < INTERVAL_MS / 2 ? 0 : Math.round((gained * MINUTE_MS) / Math.max(span, MINUTE_MS));
}

function addSample(stats, now) {
  const answered = number(stats.answered);
  samples.push({ at: now, held: number(stats.held), queued: number(stats.queued), answered: answeredPerMinute(now, answered), total: answered });
  while (samples.length > 0 && now - samples[0].at > SPAN_MS) samples.shift();
}

function shape(name, attributes, className) {
  const node = document.createElementNS(SVG, name);
  if (className) node.setAttribute('class', className);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

function label(x, y, anchor, words) {
  const node = shape('text', { x, y, 'text-anchor': anchor });
  node.textContent = words;
  return node;
}

// The next 1, 2 or 5 times a power of ten: the scale does not jump with every sample.
function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value);
}

function drawChart(now) {
  const top = Math.max(4, roundedUp(Math.max(...samples.flatMap((sample) => SERIES.map((name) => sample[name])))));
  const x = (at) => CHART.right - ((now - at) / SPAN_MS) * (CHART.right - CHART.left);
  const y = (value) => CHART.bottom - (value / top) * (CHART.bottom - CHART.top);
  const parts = [];
  for (const value of [0, top / 2, top]) {
    parts.push(shape('line', { x1: CHART.left, x2: CHART.right, y1: y(value), y2: y(value) }, 'grid'));
    parts.push(label(CHART.left - 6, y(value) + 4, 'end', whole.format(value)));
  }
  parts.push(label(CHART.left, 194, 'start', '10 minutes ago'), label(CHART.right, 194, 'end', 'now'));
  for (const name of SERIES) {
    const points = samples.map((sample) => `${x(sample.at).toFixed(1)},${y(sample[name]).toFixed(1)}`).join(' ');
    parts.push(shape('polyline', { points }, `line ${name}`));
  }
  byId('chart').replaceChildren(...parts);
}

function describeChart() {
  const last = samples[samples.length - 1];
  const most = Math.max(...samples.map((sample) => sample.held));
  const minutes = Math.max(1, Math.round((last.at - samples[0].at) / MINUTE_MS));
  setText(
    byId('chart-text'),
    `In the last ${count(minutes, 'minute')}: at most ${whole.format(most)} held; now ${whole.format(last.held)} held, ` +
      `${whole.format(last.queued)} queued, ${whole.format(last.answered)} answered per minute.`,
  );
}

function tabulateChart(now) {
  const rows = [];
  for (let back = 0; back < SPAN_MS; back += MINUTE_MS) {
    const sample = samples.findLast((each) => each.at <= now - back);
    if (!sample) break;
    const row = make('tr');
    const cells = [clock.format(new Date(sample.at)), ...SERIES.map((name) => whole.format(sample[name]))];
    cells.forEach((words, at) => {
      const cell = make(at === 0 ? 'th' : 'td', at === 0 ? '' : 'number');
      if (at === 0) cell.scope = 'row';
      cell.textContent = words;
      row.append(cell);
    });
    rows.push(row);
  }
  byId('chart-table').tBodies[0].replaceChildren(...rows);
}

// What a screen reader hears: what happened since the last time, not every figure.
const news = { before: null, at: 0 };

function tellNews(stats, now) {
  if (news.before === null) news.before = stats;
  if (now - news.at < NEWS_EVERY_MS) return;
  const parts = [];
  const gained = (name) => number(stats[name]) - number(news.before[name]);
  if (gained('answered') > 0) parts.push(`${count(gained('answered'), 'request')} answered`);
  if (gained('errors') > 0) parts.push(count(gained('errors'), 'new error'));
  const batches = number(stats.batches?.length) - number(news.before.batches?.length);
  if (batches !== 0) parts.push(`batches under way: ${whole.format(stats.batches.length)}`);
  news.before = stats;
  if (parts.length === 0) return;
  news.at = now;
  setText(byId('news'), `${parts.join(', ')}.`);
}

function say(words, isTrouble) {
  const state = byId('state');
  setText(state, words);
  state.classList.toggle('trouble', isTrouble);
}

function show(stats) {
  const now = Date.now();
  showTotals(stats);
  running.show(stats.batches ?? []);
  ended.show(stats.ended ?? []);
  addSample(stats, now);
  drawChart(now);
  describeChart();
  tabulateChart(now);
  tellNews(stats, now);
  const updated = byId('updated');
  updated.dateTime = new Date(now).toISOString();
  setText(updated, clock.format(new Date(now)));
  // "status" is read out on every change: the figures in it would be every two seconds.
  const waiting = (stats.batches ?? []).filter((batch) => batch.waits_for_key).length;
  say(waiting > 0 ? `Running. ${waiting === 1 ? 'A batch waits for its key' : `${waiting} batches wait for their keys`}.` : 'Running.', false);
}

let paused = false;

async function update() {
  let answer;
  try {
    answer = await fetch('stats', { cache: 'no-store' });
  } catch {
    return say('Trouble: the gateway does not answer. Trying again.', true);
  }
  if (answer.status === 401 || answer.status === 403) return say('Trouble: the gateway wants its token again. Open the page with ?token= once more.', true);
  if (!answer.ok) return say(`Trouble: the gateway answers ${answer.status}. Trying again.`, true);
  return show(await answer.json());
}

async function loop() {
  if (!paused && document.visibilityState === 'visible') await update().catch((error) => say(`Trouble: ${error.message}`, true));
  setTimeout(loop, INTERVAL_MS);
}

byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', String(paused));
});
loop();
