// Chromium without a window, told what to do over a pipe (the DevTools protocol, messages that end in a zero byte).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Browser {
  #next = 0;
  #waiting = new Map();
  #text = '';
  problems = []; // what the page said to the console, threw, or was refused by its policy
  requests = []; // URLs

  constructor(program) {
    this.profile = mkdtempSync(join(tmpdir(), 'br-page-'));
    const switches = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
      '--disable-background-networking', '--remote-debugging-pipe', `--user-data-dir=${this.profile}`, 'about:blank'];
    this.child = spawn(program, switches, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.child.stdio[4].setEncoding('utf8').on('data', (piece) => this.#take(piece));
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
  }

  #take(piece) {
    const parts = (this.#text + piece).split('\0');
    this.#text = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      else this.#hear(message.method, message.params);
    }
  }

  #hear(method, params) {
    if (method === 'Runtime.exceptionThrown') this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled') this.problems.push(params.args.map((arg) => arg.value).join(' '));
    if (method === 'Log.entryAdded') this.problems.push(params.entry.text);
    if (method === 'Page.javascriptDialogOpening') this.problems.push(`dialog: ${params.message}`);
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
  }

  async send(method, params = {}) {
    const id = ++this.#next;
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async open(url) {
    if (!this.session) {
      const { targetInfos } = await this.send('Target.getTargets');
      const { targetId } = targetInfos.find((target) => target.type === 'page');
      this.session = (await this.send('Target.attachToTarget', { targetId, flatten: true })).sessionId;
      for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'Accessibility']) await this.send(`${domain}.enable`);
    }
    await this.send('Page.navigate', { url });
  }

  // The value of an expression in the page.
  async value(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Until the expression is true in the page; its page may be another one meanwhile.
  async until(expression, patienceMs = 30_000) {
    const end = Date.now() + patienceMs;
    for (;;) {
      if (await this.value(`Boolean(${expression})`).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`never true: ${expression}\n${await this.value('document.body.innerText')}`);
      await this.value('new Promise((resolve) => setTimeout(resolve, 50))').catch(() => {});
    }
  }

  async press(key) {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: key === 'Tab' ? 9 : 32, text: key === ' ' && type === 'keyDown' ? ' ' : undefined });
  }

  async close() {
    await this.send('Browser.close').catch(() => {});
    await this.ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
