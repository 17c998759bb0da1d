// The official `groq-sdk` drives whole batches; every answer is held to Groq's description.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import Groq, { toFile } from 'groq-sdk';
import { Emulator, KEY } from './support/emulator.mjs';
import { GROQ } from './support/known_differences.mjs';
import { Recorder, jsonLines } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const ENDED = ['completed', 'failed', 'expired', 'cancelled'];
const SDK_PATH = /\/openai\/v1$/;

let emulator;
let client;
let recorder;
let spec;

before(async () => {
  emulator = await Emulator.start();
  // The SDK, and the description, write the whole path after the host.
  const baseURL = emulator.baseUrl('groq').replace(SDK_PATH, '');
  const base = new URL(baseURL).pathname.replace(/\/$/, '');
  recorder = new Recorder();
  client = new Groq({ apiKey: KEY, baseURL, fetch: recorder.fetch, maxRetries: 0 });
  spec = new Spec('groq-openapi.yaml', { base, errors: 'ErrorResponse', differences: GROQ });
});
after(() => emulator.stop());
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const line = (custom_id, more = {}) => {
  const body = { model: 'llama-3.1-8b-instant', messages: [{ role: 'user', content: `question ${custom_id}` }], ...more };
  return JSON.stringify({ custom_id, method: 'POST', url: '/v1/chat/completions', body });
};

async function create(lines, options = {}) {
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join('\n') + '\n'), 'requests.jsonl'),
    purpose: 'batch',
  });
  const input = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' };
  return client.batches.create({ ...input, ...options });
}

const ended = (batch, seen) =>
  emulator.until(() => client.batches.retrieve(batch.id), ({ status }) => ENDED.includes(status), seen);

async function rows(fileId, schema) {
  const lines = jsonLines(await (await client.files.content(fileId)).text());
  for (const each of lines) {
    assert.deepEqual(spec.complaints('BatchRequestOutput', each), []);
    if (each.response !== null) assert.deepEqual(spec.complaints(schema, each.response.body), []);
  }
  const byId = new Map(lines.map((each) => [each.custom_id, each]));
  assert.equal(byId.size, lines.length, 'a custom_id comes once');
  return byId;
}

describe('whole batches', () => {
  test('chat_completions_good_and_bad_rows_end_in_two_files', async () => {
    const lines = [line('plain'), line('unicode', { messages: [{ role: 'user', content: 'Zürich → 東京?' }] })];
    const batch = await create([...lines, line('hot', { temperature: 9 })], { completion_window: '7d', metadata: { a: 'b' } });
    assert.deepEqual(batch.metadata, { a: 'b' });
    const done = await ended(batch);
    assert.equal(done.status, 'completed');
    assert.deepEqual(done.request_counts, { total: 3, completed: 2, failed: 1 });
    const good = await rows(done.output_file_id, 'CreateChatCompletionResponse');
    const text = (id) => good.get(id).response.body.choices[0].message.content;
    assert.match(text('plain'), /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(text('unicode'), /Zürich → 東京\?$/);
    assert.deepEqual([...(await rows(done.error_file_id, 'ErrorResponse')).keys()], ['hot']);
  });

  test('cancelled_halfway_every_row_is_in_one_of_the_files', async () => {
    const batch = await create(Array.from({ length: 20 }, (_, index) => line(`r${index}`)));
    await emulator.until(() => client.batches.retrieve(batch.id), (it) => it.request_counts.completed > 0);
    assert.equal((await client.batches.cancel(batch.id)).status, 'cancelling');
    const done = await ended(batch);
    assert.equal(done.status, 'cancelled');
    const good = await rows(done.output_file_id, 'CreateChatCompletionResponse');
    const rest = await rows(done.error_file_id, 'ErrorResponse');
    assert.equal(good.size + rest.size, 20);
  });
});

describe('files and lists', () => {
  test('a_batch_and_its_file_are_listed', async () => {
    const batch = await create([line('a')]);
    assert.ok((await client.batches.list()).data.some(({ id }) => id === batch.id));
    assert.ok((await client.files.list()).data.some(({ id }) => id === batch.input_file_id));
    assert.equal((await client.files.info(batch.input_file_id)).purpose, 'batch');
  });

  test('chosen_batches_are_listed_by_their_ids', async () => {
    const [a, , c] = [await create([line('a')]), await create([line('b')]), await create([line('c')])];
    // The SDK takes no name twice in a query.
    const url = `${client.baseURL}/openai/v1/batches?id=${c.id}&id=${a.id}&id=batch_nobody`;
    const answer = await recorder.fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
    assert.deepEqual((await answer.json()).data.map(({ id }) => id), [c.id, a.id]);
  });

  test('a_deleted_file_is_gone', async () => {
    const batch = await create([line('a')]);
    assert.equal((await client.files.delete(batch.input_file_id)).deleted, true);
    await assert.rejects(client.files.info(batch.input_file_id), Groq.NotFoundError);
  });
});

describe('errors as the SDK names them', () => {
  test('a_wrong_key_is_an_authentication_error', async () => {
    const { baseURL } = client;
    const stranger = new Groq({ apiKey: 'another-key', baseURL, fetch: recorder.fetch, maxRetries: 0 });
    await assert.rejects(stranger.batches.list(), Groq.AuthenticationError);
  });

  test('an_unknown_id_is_not_found', async () => {
    await assert.rejects(client.batches.retrieve('batch_nobody'), Groq.NotFoundError);
  });

  test('a_wrong_request_is_a_bad_request', async () => {
    const wrong = { input_file_id: 'file_nobody', endpoint: '/v1/chat/completions', completion_window: '24h' };
    await assert.rejects(client.batches.create(wrong), Groq.BadRequestError);
  });

  test('too_many_requests_is_a_rate_limit', async () => {
    await emulator.fault('GET * rate_limited');
    await assert.rejects(client.batches.list(), Groq.RateLimitError);
  });
});
