// promtool judges /metrics, with names in it that nobody would give a model in earnest.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Desk, HOSTILE, batch, figures } from './desk.mjs';

test('metrics of hostile names pass promtool', async () => {
  const desk = await Desk.start();
  try {
    const names = ['m-1', HOSTILE, 'new\nline \\ "quote"', 'ünïcødé', ''];
    await desk.tell(figures({ batches: names.flatMap((model) => [batch({ model }), batch({ model, state: 'queued' })]) }));
    const answer = await fetch(`${desk.url}/metrics`, { headers: { authorization: `Bearer ${desk.token}` } });
    const text = await answer.text();
    assert.equal(answer.status, 200);
    assert.match(text, /^batchrouter_requests_total 1234$/m);
    const judged = spawnSync(process.env.TOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(judged.status, 0, judged.stdout + judged.stderr);
    assert.equal(judged.stdout + judged.stderr, '');
  } finally {
    await desk.stop();
  }
});
