// The gateway of serve_page.cc, and figures to give it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>"\'&{{7*7}}';

export function batch(fields = {}) {
  return { provider: 'openai', endpoint: '/v1/chat/completions', model: 'm-1', job_id: 'job-1', batch_id: 'batch_1', state: 'in_progress',
    requests: 500, total: 500, succeeded: 120, errored: 5, created_at: 1, expires_at: Date.now() + 9e6, expected_at: Date.now() + 6e5,
    waits_for_key: false, problem: null, ...fields };
}

export function figures(fields = {}) {
  return { held: 12, queued: 3, requests: 1234, answered: 40, cache_hits: 7, errors: 5, billed: 35, saved_usd: 1.5, batches: [batch()], ended: [], ...fields };
}

export class Desk {
  static async start() {
    const desk = new Desk();
    desk.child = spawn(process.env.SERVE_PAGE, { stdio: ['pipe', 'pipe', 'inherit'] });
    desk.lines = createInterface({ input: desk.child.stdout })[Symbol.asyncIterator]();
    [desk.url, desk.token] = (await desk.lines.next()).value.split(' ');
    return desk;
  }
  async tell(line) {
    this.child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    await this.lines.next();
  }
  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.end();
    await ended;
  }
}
