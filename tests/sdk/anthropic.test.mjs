// The official `@anthropic-ai/sdk` drives whole batches; every answer is held to Anthropic's description.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Emulator, KEY } from './support/emulator.mjs';
import { ANTHROPIC } from './support/known_differences.mjs';
import { Recorder } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const MODEL = 'claude-sonnet-4-5';
const OLD_VERSION = { headers: { 'anthropic-version': '2023-06-01' } };

let emulator;
let client;
let recorder;
let spec;

before(async () => {
  emulator = await Emulator.start();
  const baseURL = emulator.baseUrl('anthropic');
  const base = new URL(baseURL).pathname.replace(/\/$/, '');
  recorder = new Recorder();
  client = new Anthropic({ apiKey: KEY, baseURL, fetch: recorder.fetch, maxRetries: 0 });
  spec = new Spec('anthropic-openapi.json', { base, errors: 'ErrorResponse', raw: /\/results$/, differences: ANTHROPIC });
});
after(() => emulator.stop());
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const request = (custom_id, params = {}) => ({
  custom_id,
  params: { model: MODEL, max_tokens: 64, messages: [{ role: 'user', content: `question ${custom_id}` }], ...params },
});
const requests = (count) => Array.from({ length: count }, (_, index) => request(`r${index}`));
const batches = () => client.messages.batches;
const ended = (batch, seen) =>
  emulator.until(() => batches().retrieve(batch.id), (it) => it.processing_status === 'ended', seen);

// The results by custom_id, each held to the description.
async function rows(batch) {
  const byId = new Map();
  for await (const row of await batches().results(batch.id)) {
    assert.deepEqual(spec.complaints('MessageBatchIndividualResponse', row), []);
    assert.ok(!byId.has(row.custom_id), 'a custom_id comes once');
    byId.set(row.custom_id, row.result);
  }
  return byId;
}

const total = ({ request_counts: counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('whole batches', () => {
  test('messages_each_request_has_its_own_result', async () => {
    const tool = { name: 'weather', description: 'tells it', input_schema: { type: 'object', properties: {} } };
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
    const batch = await batches().create({
      requests: [
        request('plain'),
        request('system', { system: [{ type: 'text', text: 'Kurz.' }], stop_sequences: ['END'] }),
        request('unicode', { messages: [{ role: 'user', content: [{ type: 'text', text: 'Zürich → 東京?' }, image] }] }),
        request('tool', { tools: [tool], tool_choice: { type: 'tool', name: 'weather' } }),
        request('other-model', { model: 'claude-haiku-4-5' }),
        request('bad', { max_tokens: 0 }),
      ],
    });
    assert.equal(batch.processing_status, 'in_progress');
    assert.equal(batch.results_url, null);
    const seen = [];
    const done = await ended(batch, seen);
    assert.ok(seen.length > 1 && seen.every((it) => total(it) === 6), 'the counts add up at all times');
    assert.deepEqual(done.request_counts, { processing: 0, succeeded: 5, errored: 1, canceled: 0, expired: 0 });
    assert.ok(done.ended_at > done.created_at);

    const results = await rows(done);
    assert.equal(results.size, 6);
    const text = (id) => results.get(id).message.content[0].text;
    assert.match(text('plain'), /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(text('unicode'), /Zürich → 東京\?$/);
    assert.equal(results.get('tool').message.stop_reason, 'tool_use');
    assert.equal(results.get('tool').message.content.at(-1).name, 'weather');
    assert.equal(results.get('other-model').message.model, 'claude-haiku-4-5');
    assert.equal(results.get('plain').message.usage.service_tier, 'batch');
    assert.equal(results.get('bad').type, 'errored');
    assert.equal(results.get('bad').error.error.type, 'invalid_request_error');
  });

  test('sampling_is_taken_by_the_old_version_and_refused_by_the_new', async () => {
    const hot = { requests: [request('hot', { temperature: 0.5 })] };
    const results = [];
    for (const options of [OLD_VERSION, {}]) {
      const batch = await batches().create(hot, options);
      results.push((await rows(await ended(batch))).get('hot').type);
    }
    assert.deepEqual(results, ['succeeded', 'errored']);
  });
});

describe('batches that do not complete', () => {
  test('cancelled_halfway_what_was_answered_is_kept', async () => {
    const batch = await batches().create({ requests: requests(20) });
    await batches().retrieve(batch.id);
    await emulator.advance(30_000);
    const canceling = await batches().cancel(batch.id);
    assert.equal(canceling.processing_status, 'canceling');
    assert.ok(canceling.cancel_initiated_at !== null);
    const done = await ended(batch);
    assert.equal(total(done), 20);
    const results = [...(await rows(done)).values()];
    const count = (type) => results.filter((result) => result.type === type).length;
    assert.ok(count('succeeded') > 0 && count('canceled') > 0);
    assert.equal(count('canceled'), done.request_counts.canceled);
  });

  test('expired_halfway_the_rest_says_so', async () => {
    await emulator.fault('batch expire share=0.5');
    const done = await ended(await batches().create({ requests: requests(10) }));
    assert.deepEqual(done.request_counts, { processing: 0, succeeded: 5, errored: 0, canceled: 0, expired: 5 });
    assert.equal([...(await rows(done)).values()].filter(({ type }) => type === 'expired').length, 5);
  });
});

describe('lists and deletion', () => {
  test('a_list_pages_by_itself_newest_first', async () => {
    const created = [];
    for (let index = 0; index < 5; ++index) created.push((await batches().create({ requests: requests(1) })).id);
    const listed = [];
    for await (const { id } of batches().list({ limit: 2 })) listed.push(id);
    assert.deepEqual(listed.slice(0, 5), created.reverse());
    assert.equal(new Set(listed).size, (await emulator.ledger()).batches.length);
    const before = await batches().list({ limit: 2, before_id: listed[3] });
    assert.deepEqual(before.data.map(({ id }) => id), listed.slice(1, 3));
  });

  test('a_batch_is_deleted_when_it_has_ended_and_not_before', async () => {
    const batch = await batches().create({ requests: requests(1) });
    await assert.rejects(batches().delete(batch.id), Anthropic.BadRequestError);
    await assert.rejects(batches().results(batch.id), Anthropic.AnthropicError);
    await ended(batch);
    assert.equal((await batches().delete(batch.id)).type, 'message_batch_deleted');
    await assert.rejects(batches().retrieve(batch.id), Anthropic.NotFoundError);
  });
});

describe('errors as the SDK names them', () => {
  const kind = (type, name) => (error) => {
    assert.ok(error instanceof type, `${error}`);
    assert.equal(error.error.error.type, name);
    assert.match(error.requestID, /^req_/);
    return true;
  };

  test('a_wrong_key_is_an_authentication_error', async () => {
    const stranger = client.withOptions({ apiKey: 'another-key' });
    await assert.rejects(stranger.messages.batches.list(), kind(Anthropic.AuthenticationError, 'authentication_error'));
  });

  test('an_unknown_id_is_not_found', async () => {
    await assert.rejects(batches().retrieve('msgbatch_nobody'), kind(Anthropic.NotFoundError, 'not_found_error'));
    await assert.rejects(batches().cancel('msgbatch_nobody'), kind(Anthropic.NotFoundError, 'not_found_error'));
  });

  test('a_wrong_request_is_refused_as_a_whole', async () => {
    const refused = kind(Anthropic.BadRequestError, 'invalid_request_error');
    await assert.rejects(batches().create({ requests: [] }), refused);
    await assert.rejects(batches().create({ requests: [request('x'.repeat(65))] }), refused);
    await assert.rejects(batches().create({ requests: [request('a'), request('a')] }), refused);
    await assert.rejects(batches().create({ requests: [request('with space')] }), refused);
    await assert.rejects(batches().create({ requests: requests(1), surprise: 1 }), refused);
  });

  test('too_many_requests_is_a_rate_limit_and_the_sdk_tries_again', async () => {
    await emulator.fault('GET * rate_limited retry_after=1 count=2');
    await assert.rejects(batches().list(), kind(Anthropic.RateLimitError, 'rate_limit_error'));
    await batches().list({}, { maxRetries: 1 });
  });

  test('an_overloaded_vendor_is_an_internal_server_error', async () => {
    await emulator.fault('GET * status status=529');
    await assert.rejects(batches().list(), kind(Anthropic.InternalServerError, 'overloaded_error'));
  });
});
