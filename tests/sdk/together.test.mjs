// The official `together-ai` drives whole batches; every answer is held to Together's description.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Emulator, KEY } from './support/emulator.mjs';
import { TOGETHER } from './support/known_differences.mjs';
import { Recorder, jsonLines } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const MODEL = 'meta-llama/Llama-3.3-70B-Instruct-Turbo';
const ENDED = ['COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED'];

// Node wants to be told that a stream goes out before the answer comes in; the SDK's upload does not tell it.
const nodeFetch = globalThis.fetch;
globalThis.fetch = (input, init) => nodeFetch(input, init?.body === undefined ? init : { duplex: 'half', ...init });

let Together;
let emulator;
let client;
let recorder;
let spec;
let directory;

before(async () => {
  emulator = await Emulator.start();
  directory = await mkdtemp(join(tmpdir(), 'batchrouter-sdk-'));
  const baseURL = emulator.baseUrl('together');
  // The helper that uploads has an address of its own, read when the package is loaded, and works as CommonJS only.
  process.env.TOGETHER_API_BASE_URL = baseURL;
  Together = createRequire(import.meta.url)('together-ai');
  recorder = new Recorder();
  client = new Together({ apiKey: KEY, baseURL, fetch: recorder.fetch, maxRetries: 0 });
  spec = new Spec('together-openapi.yaml', { base: new URL(baseURL).pathname, errors: 'ErrorAnswer', differences: TOGETHER });
});
after(async () => {
  await emulator.stop();
  await rm(directory, { recursive: true });
});
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const line = (custom_id, more = {}) => {
  const body = { model: MODEL, messages: [{ role: 'user', content: `question ${custom_id}` }], max_tokens: 16, ...more };
  return JSON.stringify({ custom_id, body });
};

async function upload(lines) {
  const path = join(directory, 'requests.jsonl');
  await writeFile(path, lines.join('\n') + '\n');
  // The SDK's own check knows files of tuning jobs only.
  return client.files.upload(path, 'batch-api', false);
}

async function create(lines) {
  const file = await upload(lines);
  const { job } = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions' });
  return job;
}

const ended = (job, seen) =>
  emulator.until(() => client.batches.retrieve(job.id), ({ status }) => ENDED.includes(status), seen);

async function rows(fileId) {
  const lines = jsonLines(await (await client.files.content(fileId)).text());
  const byId = new Map(lines.map((each) => [each.custom_id, each]));
  assert.equal(byId.size, lines.length, 'a custom_id comes once');
  return byId;
}

describe('whole batches', () => {
  test('chat_completions_good_and_bad_rows_end_in_two_files', async () => {
    const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
    const job = await create([
      line('plain'),
      line('unicode', { messages: [{ role: 'user', content: 'Zürich → 東京?' }] }),
      line('tool', { tools: [weather], tool_choice: 'required' }),
      line('strange', { surprise: 1 }),
    ]);
    const done = await ended(job);
    assert.equal(done.status, 'COMPLETED');
    assert.equal(done.progress, 100);
    const good = await rows(done.output_file_id);
    for (const { response } of good.values()) {
      assert.equal(response.status_code, 200);
      assert.deepEqual(spec.complaints('ChatCompletionResponse', response.body), []);
    }
    const text = (id) => good.get(id).response.body.choices[0].message.content;
    assert.match(text('plain'), /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(text('unicode'), /Zürich → 東京\?$/);
    assert.equal(good.get('tool').response.body.choices[0].message.tool_calls[0].function.name, 'weather');
    const bad = await rows(done.error_file_id);
    assert.deepEqual([...bad.keys()], ['strange']);
    assert.equal(bad.get('strange').error.code, 'batch_client_error');
  });

  test('cancelled_halfway_what_was_answered_is_there', async () => {
    const job = await create(Array.from({ length: 20 }, (_, index) => line(`r${index}`)));
    await emulator.until(() => client.batches.retrieve(job.id), ({ progress }) => progress > 0);
    await client.batches.cancel(job.id);
    const done = await ended(job);
    assert.equal(done.status, 'CANCELLED');
    const good = await rows(done.output_file_id);
    assert.ok(good.size > 0 && good.size < 20);
  });

  test('a_file_that_is_no_jsonl_fails_the_batch', async () => {
    const done = await ended(await create([line('a'), 'no json']));
    assert.equal(done.status, 'FAILED');
    assert.ok(done.error.length > 0);
  });
});

describe('files and lists', () => {
  test('an_upload_goes_to_a_signed_address_without_the_key', async () => {
    const file = await upload([line('a')]);
    assert.equal(file.purpose, 'batch-api');
    assert.equal((await client.files.retrieve(file.id)).id, file.id);
    const fields = new URLSearchParams({ file_name: 'b.jsonl', file_type: 'jsonl', purpose: 'batch-api' });
    const headers = { authorization: `Bearer ${KEY}` };
    const announced = await fetch(`${client.baseURL}/files?${fields}`, { method: 'POST', headers, redirect: 'manual' });
    assert.equal(announced.status, 302);
    const address = announced.headers.get('location');
    assert.equal((await fetch(address, { method: 'PUT', headers, body: line('b') })).status, 400);
    assert.equal((await fetch(address, { method: 'PUT', body: line('b') })).status, 200);
    assert.equal((await fetch(address, { method: 'PUT', body: line('c') })).status, 403);
  });

  test('a_batch_and_its_file_are_listed', async () => {
    const job = await create([line('a')]);
    assert.ok((await client.batches.list()).some(({ id }) => id === job.id));
    assert.ok((await client.files.list()).data.some(({ id }) => id === job.input_file_id));
  });

  test('a_deleted_file_is_gone', async () => {
    const { id } = await upload([line('a')]);
    assert.equal((await client.files.delete(id)).deleted, true);
    await assert.rejects(client.files.retrieve(id), Together.NotFoundError);
  });
});

describe('errors as the SDK names them', () => {
  test('a_wrong_key_is_an_authentication_error', async () => {
    const { baseURL } = client;
    const stranger = new Together({ apiKey: 'another-key', baseURL, fetch: recorder.fetch, maxRetries: 0 });
    await assert.rejects(stranger.batches.list(), Together.AuthenticationError);
  });

  test('an_unknown_id_is_not_found', async () => {
    await assert.rejects(client.batches.retrieve('00000000-0000-4000-8000-000000000000'), Together.NotFoundError);
  });

  test('a_wrong_request_is_a_bad_request', async () => {
    await assert.rejects(client.batches.create({ input_file_id: 'file-a', endpoint: '/v1/nothing' }), Together.BadRequestError);
  });

  test('too_many_requests_is_a_rate_limit', async () => {
    await emulator.fault('GET * rate_limited');
    await assert.rejects(client.batches.list(), Together.RateLimitError);
  });
});
