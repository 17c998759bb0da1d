// The official `@mistralai/mistralai` drives whole batches; every answer is held to Mistral's description.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { HTTPClient, Mistral } from '@mistralai/mistralai';
import { MistralError } from '@mistralai/mistralai/models/errors';
import { Emulator, KEY } from './support/emulator.mjs';
import { MISTRAL } from './support/known_differences.mjs';
import { Recorder, jsonLines } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const MODEL = 'mistral-small-latest';
const ENDED = ['SUCCESS', 'FAILED', 'TIMEOUT_EXCEEDED', 'CANCELLED'];

let emulator;
let client;
let recorder;
let spec;

const clientWith = (apiKey) => {
  const httpClient = new HTTPClient({ fetcher: recorder.fetch });
  return new Mistral({ apiKey, serverURL: emulator.baseUrl('mistral'), httpClient });
};

before(async () => {
  emulator = await Emulator.start();
  recorder = new Recorder();
  client = clientWith(KEY);
  const base = new URL(emulator.baseUrl('mistral')).pathname.replace(/\/$/, '');
  spec = new Spec('mistral-openapi-public-doc.yaml', { base, errors: 'ErrorAnswer', differences: MISTRAL });
});
after(() => emulator.stop());
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const line = (custom_id, more = {}) =>
  JSON.stringify({ custom_id, body: { messages: [{ role: 'user', content: `question ${custom_id}` }], ...more } });

async function upload(lines) {
  const content = new Blob([lines.join('\n') + '\n']);
  return client.files.upload({ file: { fileName: 'requests.jsonl', content }, purpose: 'batch' });
}

async function create(endpoint, lines, options = {}) {
  const { id } = await upload(lines);
  return client.batch.jobs.create({ inputFiles: [id], endpoint, model: MODEL, ...options });
}

const ended = (job, seen) =>
  emulator.until(() => client.batch.jobs.get({ jobId: job.id }), ({ status }) => ENDED.includes(status), seen);

async function rows(fileId, schema) {
  const lines = jsonLines(await new Response(await client.files.download({ fileId })).text());
  for (const { response } of lines) {
    if (schema !== undefined) assert.deepEqual(spec.complaints(schema, response.body), []);
  }
  const byId = new Map(lines.map((each) => [each.custom_id, each]));
  assert.equal(byId.size, lines.length, 'a custom_id comes once');
  return byId;
}

describe('whole batches', () => {
  test('chat_completions_every_row_is_answered', async () => {
    const lines = [line('plain'), line('unicode', { messages: [{ role: 'user', content: 'Zürich → 東京?' }] })];
    const job = await create('/v1/chat/completions', lines, { metadata: { marker: 'm1' } });
    assert.deepEqual(job.metadata, { marker: 'm1' });
    const done = await ended(job);
    assert.equal(done.status, 'SUCCESS');
    assert.equal(done.succeededRequests, 2);
    assert.equal(done.totalRequests, 2);
    const good = await rows(done.outputFile, 'ChatCompletionResponse');
    const text = (id) => good.get(id).response.body.choices[0].message.content;
    assert.match(text('plain'), /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(text('unicode'), /Zürich → 東京\?$/);
  });

  test('embeddings_one_vector_for_each_input', async () => {
    const inputs = JSON.stringify({ custom_id: 'many', body: { input: ['a', 'b'] } });
    const job = await create('/v1/embeddings', [inputs], { model: 'mistral-embed' });
    const done = await ended(job);
    const good = await rows(done.outputFile, 'EmbeddingResponse');
    assert.equal(good.get('many').response.body.data.length, 2);
  });

  test('inline_requests_are_answered_inside_the_job', async () => {
    const body = { messages: [{ role: 'user', content: 'question x' }] };
    const requests = [{ customId: 'x', body }, { customId: 'hot', body: { ...body, temperature: 9 } }];
    const job = await client.batch.jobs.create({ requests, endpoint: '/v1/chat/completions', model: MODEL });
    const { status, failedRequests } = await ended(job);
    assert.equal(status, 'SUCCESS');
    assert.equal(failedRequests, 1);
    const { outputs } = await client.batch.jobs.get({ jobId: job.id, inline: true });
    const byId = new Map(outputs.map((each) => [each.custom_id, each.response]));
    assert.match(byId.get('x').body.choices[0].message.content, /question x$/);
    assert.equal(JSON.parse(byId.get('hot').body).raw_status_code, 400);
  });

  test('cancelled_the_job_says_so', async () => {
    const job = await create('/v1/chat/completions', Array.from({ length: 20 }, (_, index) => line(`r${index}`)));
    await emulator.advance(30_000);
    await client.batch.jobs.get({ jobId: job.id });
    await client.batch.jobs.cancel({ jobId: job.id });
    assert.equal((await ended(job)).status, 'CANCELLED');
  });
});

describe('files and lists', () => {
  test('a_job_and_its_file_are_listed', async () => {
    const job = await create('/v1/chat/completions', [line('a')]);
    const jobs = await client.batch.jobs.list({ pageSize: 100 });
    assert.ok(jobs.data.some(({ id }) => id === job.id));
    assert.equal(jobs.total, (await emulator.ledger()).batches.length);
    const files = await client.files.list({ pageSize: 100 });
    assert.ok(files.data.some(({ id }) => id === job.inputFiles[0]));
  });

  test('jobs_are_listed_by_state', async () => {
    const running = await create('/v1/chat/completions', [line('a')]);
    const listed = async (status) => (await client.batch.jobs.list({ status })).data.map(({ id }) => id);
    assert.ok((await listed(['QUEUED', 'RUNNING'])).includes(running.id));
    assert.ok(!(await listed(['SUCCESS'])).includes(running.id));
  });

  test('a_deleted_job_is_gone', async () => {
    const job = await create('/v1/chat/completions', [line('a')]);
    await ended(job);
    assert.equal((await client.batch.jobs.delete({ jobId: job.id })).deleted, true);
    await assert.rejects(client.batch.jobs.get({ jobId: job.id }), (error) => error.statusCode === 404);
  });

  test('a_deleted_file_is_gone', async () => {
    const { id } = await upload([line('a')]);
    assert.equal((await client.files.delete({ fileId: id })).deleted, true);
    await assert.rejects(client.files.retrieve({ fileId: id }), (error) => error.statusCode === 404);
  });
});

describe('errors as the SDK names them', () => {
  const refused = (status) => (error) => {
    assert.ok(error instanceof MistralError, `${error}`);
    assert.equal(error.statusCode, status);
    return true;
  };

  test('a_wrong_key_is_401', async () => {
    await assert.rejects(clientWith('another-key').batch.jobs.list({}), refused(401));
  });

  test('an_unknown_job_is_404', async () => {
    await assert.rejects(client.batch.jobs.get({ jobId: '00000000-0000-4000-8000-000000000000' }), refused(404));
  });

  test('a_bad_line_is_refused_with_the_upload', async () => {
    await assert.rejects(upload([line('a'), '{"custom_id":']), refused(422));
  });

  test('too_many_requests_is_429', async () => {
    await emulator.fault('GET * rate_limited count=0');
    await assert.rejects(client.batch.jobs.list({}), refused(429));
  });
});
