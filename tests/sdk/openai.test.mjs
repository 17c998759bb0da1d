// The official `openai` package drives whole batches; every answer is held to OpenAI's own description.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { Emulator, KEY } from './support/emulator.mjs';
import { OPENAI } from './support/known_differences.mjs';
import { Recorder, jsonLines } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const MODEL = 'gpt-4o-mini';
const HOUR_S = 3600;
const ENDED = ['completed', 'failed', 'expired', 'cancelled'];

let emulator;
let client;
let recorder;
let spec;
let lineSpec;

before(async () => {
  emulator = await Emulator.start();
  const baseURL = emulator.baseUrl('openai');
  recorder = new Recorder();
  client = new OpenAI({ apiKey: KEY, baseURL, fetch: recorder.fetch, maxRetries: 0 });
  spec = new Spec('openai-openapi.yaml', { base: new URL(baseURL).pathname, errors: 'ErrorResponse', differences: OPENAI });
  // The lines of result files are described in older versions only.
  lineSpec = new Spec('openai-openapi-2025-06-before-e1cb7a86.yaml', {});
});
after(() => emulator.stop());
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const lineOf = (endpoint, custom_id, body) => JSON.stringify({ custom_id, method: 'POST', url: endpoint, body });
const chatLine = (id, body = {}) =>
  lineOf('/v1/chat/completions', id, { model: MODEL, messages: [{ role: 'user', content: `question ${id}` }], ...body });
const chatLines = (count) => Array.from({ length: count }, (_, index) => chatLine(`r${index}`));

async function upload(lines, options = {}) {
  const file = await toFile(Buffer.from(lines.join('\n') + '\n'), 'requests.jsonl');
  return client.files.create({ file, purpose: 'batch', ...options });
}

async function create(endpoint, lines, options = {}) {
  const file = await upload(lines);
  return client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h', ...options });
}

const ended = (batch, seen) =>
  emulator.until(() => client.batches.retrieve(batch.id), ({ status }) => ENDED.includes(status), seen);

// The lines of a result file by custom_id, each held to the description, its body to `schema`.
async function rows(fileId, schema) {
  const text = await (await client.files.content(fileId)).text();
  const lines = jsonLines(text);
  for (const line of lines) {
    assert.deepEqual(lineSpec.complaints('BatchRequestOutput', line), []);
    if (line.response !== null) assert.deepEqual(spec.complaints(schema, line.response.body), []);
  }
  const byId = new Map(lines.map((line) => [line.custom_id, line]));
  assert.equal(byId.size, lines.length, 'a custom_id comes once');
  return byId;
}

describe('whole batches', () => {
  test('chat_completions_good_and_bad_rows_end_in_two_files', async () => {
    const schema = { name: 'city', strict: true, schema: { type: 'object', properties: {}, additionalProperties: false } };
    const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
    const lines = [
      chatLine('plain'),
      chatLine('unicode', { messages: [{ role: 'system', content: 'kurz' }, { role: 'user', content: 'Zürich → 東京?' }] }),
      chatLine('json', { response_format: { type: 'json_schema', json_schema: schema } }),
      chatLine('tool', { tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } } }),
      chatLine('two', { n: 2, seed: 7, max_completion_tokens: 50 }),
      chatLine('hot', { temperature: 3 }),
    ];
    const batch = await create('/v1/chat/completions', lines, { metadata: { marker: 'm1' } });
    assert.equal(batch.status, 'validating');
    assert.deepEqual(batch.metadata, { marker: 'm1' });
    const seen = [];
    const done = await ended(batch, seen);
    assert.equal(done.status, 'completed');
    assert.ok(seen.some(({ status }) => status === 'in_progress'));
    assert.deepEqual(done.request_counts, { total: 6, completed: 5, failed: 1 });
    assert.ok(done.completed_at > done.created_at && done.usage.total_tokens > 0);

    const good = await rows(done.output_file_id, 'CreateChatCompletionResponse');
    assert.deepEqual([...good.keys()].sort(), ['json', 'plain', 'tool', 'two', 'unicode']);
    const message = (id) => good.get(id).response.body.choices[0].message;
    assert.match(message('plain').content, /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(message('unicode').content, /Zürich → 東京\?$/);
    assert.match(JSON.parse(message('json').content).answer, /^answer to json/);
    assert.equal(message('tool').tool_calls[0].function.name, 'weather');
    assert.equal(good.get('two').response.body.choices.length, 2);

    const bad = await rows(done.error_file_id, 'ErrorResponse');
    assert.equal(bad.get('hot').response.status_code, 400);
    assert.equal(bad.get('hot').response.body.error.param, 'temperature');
  });

  test('responses_every_row_is_a_response', async () => {
    const line = (id, body) => lineOf('/v1/responses', id, { model: 'gpt-5-mini', ...body });
    const weather = { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false };
    const format = { type: 'json_schema', name: 'city', schema: { type: 'object', properties: {} }, strict: false };
    const batch = await create('/v1/responses', [
      line('text', { input: 'one question', instructions: 'be short', metadata: { a: 'b' } }),
      line('items', { input: [{ role: 'user', content: [{ type: 'input_text', text: 'a listed question' }] }] }),
      line('tool', { input: 'call it', tools: [weather], tool_choice: 'required' }),
      line('json', { input: 'as json', text: { format }, max_output_tokens: 99, reasoning: { effort: 'low' } }),
      line('bad', { input: 'x', temperature: 'warm' }),
    ]);
    const done = await ended(batch);
    assert.deepEqual(done.request_counts, { total: 5, completed: 4, failed: 1 });
    const good = await rows(done.output_file_id, 'Response');
    assert.match(good.get('items').response.body.output[0].content[0].text, /a listed question$/);
    assert.equal(good.get('tool').response.body.output[0].name, 'weather');
    const bad = await rows(done.error_file_id, 'ErrorResponse');
    assert.equal(bad.get('bad').response.body.error.param, 'temperature');
  });

  test('embeddings_one_vector_for_each_input', async () => {
    const line = (id, body) => lineOf('/v1/embeddings', id, { model: 'text-embedding-3-small', ...body });
    const batch = await create('/v1/embeddings', [
      line('one', { input: 'a text' }),
      line('many', { input: ['a', 'b', 'c'], dimensions: 16 }),
      line('tokens', { input: [1, 2, 3] }),
      line('base64', { input: 'a text', encoding_format: 'base64' }),
    ]);
    const done = await ended(batch);
    assert.deepEqual(done.request_counts, { total: 4, completed: 4, failed: 0 });
    assert.equal(done.error_file_id ?? null, null);
    const text = await (await client.files.content(done.output_file_id)).text();
    const bodies = new Map(jsonLines(text).map(({ custom_id, response }) => [custom_id, response.body]));
    // The description has vectors of numbers only; base64 is a text that the SDK decodes.
    const packed = bodies.get('base64').data[0].embedding;
    assert.equal(typeof packed, 'string');
    assert.equal(Buffer.from(packed, 'base64').length % 4, 0);
    bodies.delete('base64');
    for (const body of bodies.values()) assert.deepEqual(spec.complaints('CreateEmbeddingResponse', body), []);
    assert.equal(bodies.get('many').data.length, 3);
    assert.equal(bodies.get('many').data[2].embedding.length, 16);
    assert.equal(bodies.get('tokens').data.length, 1);
  });
});

describe('batches that do not complete', () => {
  test('a_bad_line_fails_the_batch_and_is_named', async () => {
    const done = await ended(await create('/v1/chat/completions', [chatLine('a'), chatLine('b'), chatLine('a')]));
    assert.equal(done.status, 'failed');
    assert.equal(done.errors.data[0].code, 'duplicate_custom_id');
    assert.equal(done.errors.data[0].line, 3);
    assert.equal(done.output_file_id ?? null, null);
  });

  test('cancelled_halfway_what_was_answered_is_kept', async () => {
    const batch = await create('/v1/chat/completions', chatLines(20));
    await emulator.until(() => client.batches.retrieve(batch.id), (it) => it.request_counts.completed > 0);
    const cancelling = await client.batches.cancel(batch.id);
    assert.equal(cancelling.status, 'cancelling');
    const done = await ended(batch);
    assert.equal(done.status, 'cancelled');
    assert.ok(done.cancelled_at >= done.cancelling_at);
    const good = await rows(done.output_file_id, 'CreateChatCompletionResponse');
    const rest = await rows(done.error_file_id, 'ErrorResponse');
    assert.equal(good.size + rest.size, 20);
    assert.ok([...rest.values()].every(({ error }) => error.code === 'batch_cancelled'));
    await assert.rejects(client.batches.cancel(batch.id), OpenAI.ConflictError);
  });

  test('expired_halfway_the_rest_is_in_the_error_file', async () => {
    await emulator.fault('batch expire share=0.5');
    const done = await ended(await create('/v1/chat/completions', chatLines(10)));
    assert.equal(done.status, 'expired');
    const good = await rows(done.output_file_id, 'CreateChatCompletionResponse');
    const rest = await rows(done.error_file_id, 'ErrorResponse');
    assert.equal(good.size, 5);
    assert.ok([...rest.values()].every(({ response, error }) => response === null && error.code === 'batch_expired'));
  });
});

describe('files and lists', () => {
  test('a_file_lives_from_upload_to_deletion', async () => {
    const lines = chatLines(3);
    const file = await upload(lines, { expires_after: { anchor: 'created_at', seconds: HOUR_S } });
    assert.equal(file.bytes, Buffer.byteLength(lines.join('\n')) + 1);
    assert.equal(file.expires_at, file.created_at + HOUR_S);
    assert.deepEqual(await client.files.retrieve(file.id), file);
    assert.equal(await (await client.files.content(file.id)).text(), lines.join('\n') + '\n');
    assert.equal((await client.files.delete(file.id)).deleted, true);
    await assert.rejects(client.files.content(file.id), OpenAI.NotFoundError);
  });

  test('a_list_pages_by_itself_newest_first', async () => {
    const created = [];
    for (let index = 0; index < 5; ++index) created.push((await create('/v1/chat/completions', chatLines(1))).id);
    const listed = [];
    for await (const { id } of client.batches.list({ limit: 2 })) {
      listed.push(id);
      if (listed.length === 5) break;
    }
    assert.deepEqual(listed, created.reverse());
    const all = new Set();
    for await (const { id } of client.batches.list({ limit: 2 })) all.add(id);
    assert.equal(all.size, (await emulator.ledger()).batches.length);
    const files = [];
    for await (const file of client.files.list({ purpose: 'batch', limit: 2, order: 'asc' })) files.push(file);
    assert.ok(files.length > 5 && files.every(({ purpose }) => purpose === 'batch'));
  });
});

describe('errors as the SDK names them', () => {
  test('a_wrong_key_is_an_authentication_error', async () => {
    const stranger = client.withOptions({ apiKey: 'another-key' });
    await assert.rejects(stranger.batches.list(), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError);
      assert.equal(error.code, 'invalid_api_key');
      return true;
    });
  });

  test('an_unknown_id_is_not_found', async () => {
    await assert.rejects(client.batches.retrieve('batch_nobody'), OpenAI.NotFoundError);
    await assert.rejects(client.batches.cancel('batch_nobody'), OpenAI.NotFoundError);
    await assert.rejects(client.files.retrieve('file-nobody'), OpenAI.NotFoundError);
  });

  test('a_wrong_request_is_a_bad_request_with_its_parameter', async () => {
    const wrong = { input_file_id: 'file-nobody', endpoint: '/v1/chat/completions', completion_window: '24h' };
    await assert.rejects(client.batches.create(wrong), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'input_file_id');
      assert.match(error.requestID, /^req_/);
      return true;
    });
    const text = await toFile(Buffer.from('{}\n'), 'requests.txt');
    await assert.rejects(client.files.create({ file: text, purpose: 'batch' }), OpenAI.BadRequestError);
  });

  test('too_many_requests_is_a_rate_limit_and_the_sdk_tries_again', async () => {
    const before = (await emulator.ledger()).faults;
    await emulator.fault('GET /v1/batches rate_limited retry_after=1 count=2');
    await assert.rejects(client.batches.list(), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, 'rate_limit_exceeded');
      assert.equal(error.headers.get('retry-after'), '1');
      return true;
    });
    await client.batches.list({}, { maxRetries: 1 });
    assert.equal((await emulator.ledger()).faults - before, 2);
  });

  test('no_money_is_a_rate_limit_with_its_own_code', async () => {
    await emulator.fault('POST /v1/batches insufficient_quota');
    await assert.rejects(create('/v1/chat/completions', chatLines(1)), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, 'insufficient_quota');
      return true;
    });
  });

  test('a_server_error_is_an_internal_server_error', async () => {
    await emulator.fault('POST /v1/files status status=503');
    await assert.rejects(upload(chatLines(1)), OpenAI.InternalServerError);
  });
});
