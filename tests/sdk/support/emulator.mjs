// The emulator as a child process whose time stands still until a test moves it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export const KEY = 'emulated-key';
const READS_AT_MOST = 60;
const STEP_MS = 10_000;

export class Emulator {
  #child;
  #origin;
  #baseUrls;

  // Options are those of `batchrouter emulate`; only KEY is accepted.
  static async start(...options) {
    const emulator = new Emulator();
    const words = ['emulate', '--json', '--speed', '0', '--latency', '60s', '--key', KEY, ...options];
    emulator.#child = spawn(process.env.BATCHROUTER, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: emulator.#child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(emulator.#child, 'exit').then(() => [])]);
    if (line === undefined) throw new Error('the emulator does not start');
    const { port, base_urls: baseUrls } = JSON.parse(line);
    emulator.#origin = `http://127.0.0.1:${port}`;
    emulator.#baseUrls = baseUrls;
    return emulator;
  }

  baseUrl(vendor) {
    const url = this.#baseUrls[vendor];
    if (url === undefined) throw new Error(`the emulator does not speak ${vendor}`);
    return url;
  }

  async #control(method, path, body) {
    const answer = await fetch(`${this.#origin}/__emulator/${path}`, { method, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  }

  advance(ms) {
    return this.#control('POST', `advance?ms=${ms}`);
  }

  fault(line) {
    return this.#control('POST', 'faults', line);
  }

  forgetFaults() {
    return this.#control('DELETE', 'faults');
  }

  async ledger() {
    return JSON.parse(await this.#control('GET', 'ledger'));
  }

  // Reads until `ended(it)`, moving time on between two reads; what was read along the way goes to `seen`.
  async until(read, ended, seen = []) {
    for (let reads = 0; reads < READS_AT_MOST; ++reads) {
      const it = await read();
      seen.push(it);
      if (ended(it)) return it;
      await this.advance(STEP_MS);
    }
    throw new Error(`after ${READS_AT_MOST} reads still ${JSON.stringify(seen.at(-1))}`);
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
