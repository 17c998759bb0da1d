// The official `@google/genai` drives whole batches; every answer is held to Google's description of the Gemini API.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { ApiError, GoogleGenAI, JobState } from '@google/genai';
import { Emulator, KEY } from './support/emulator.mjs';
import { GOOGLE } from './support/known_differences.mjs';
import { Recorder, jsonLines } from './support/recorder.mjs';
import { Spec } from './support/spec.mjs';

const MODEL = 'gemini-2.5-flash';
const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'].map((word) => JobState[`JOB_STATE_${word}`]);

let emulator;
let client;
let recorder;
let spec;

const clientWith = (apiKey) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: emulator.baseUrl('google'), fetch: recorder.fetch } });

before(async () => {
  emulator = await Emulator.start();
  recorder = new Recorder();
  client = clientWith(KEY);
  const base = `${new URL(emulator.baseUrl('google')).pathname}/v1beta`;
  // Uploads and downloads have addresses of their own, which the description leaves out.
  const raw = /\/upload\/|:download$/;
  spec = new Spec('gemini-v1beta-openapi.json', { base, raw, errors: 'ErrorAnswer', differences: GOOGLE });
});
after(() => emulator.stop());
afterEach(async () => {
  await emulator.forgetFaults();
  const complaints = recorder.exchanges.splice(0).flatMap((exchange) => spec.answerComplaints(exchange));
  assert.deepEqual(complaints, []);
});

const contents = (text) => [{ role: 'user', parts: [{ text }] }];
const fileLine = (key, more = {}) => JSON.stringify({ key, request: { contents: contents(`question ${key}`), ...more } });
const inline = (key) => ({ contents: contents(`question ${key}`), metadata: { key } });
const ended = (job, seen) =>
  emulator.until(() => client.batches.get({ name: job.name }), ({ state }) => ENDED.includes(state), seen);

async function createFromFile(lines) {
  await writeFile('google-requests.jsonl', lines.join('\n') + '\n');
  const config = { mimeType: 'application/jsonl', displayName: 'requests' };
  const file = await client.files.upload({ file: 'google-requests.jsonl', config });
  await rm('google-requests.jsonl');
  return client.batches.create({ model: MODEL, src: { fileName: file.name }, config: { displayName: 'from a file' } });
}

async function fileRows(job) {
  await client.files.download({ file: job.dest.fileName, downloadPath: 'google-results.jsonl' });
  const lines = jsonLines(await readFile('google-results.jsonl', 'utf8'));
  for (const { response } of lines) {
    if (response !== undefined) assert.deepEqual(spec.complaints('GenerateContentResponse', response), []);
  }
  const byKey = new Map(lines.map((line) => [line.key, line]));
  assert.equal(byKey.size, lines.length, 'a key comes once');
  return byKey;
}

const text = ({ response }) => response.candidates[0].content.parts[0].text;

describe('whole batches', () => {
  test('a_file_of_requests_becomes_a_file_of_results', async () => {
    const job = await createFromFile([
      fileLine('plain'),
      fileLine('system', { systemInstruction: { parts: [{ text: 'Kurz.' }] }, generationConfig: { temperature: 0 } }),
      fileLine('unicode', { contents: contents('Zürich → 東京?') }),
      fileLine('bad', { generationConfig: { temperature: 9 } }),
    ]);
    assert.equal(job.state, JobState.JOB_STATE_PENDING);
    const seen = [];
    const done = await ended(job, seen);
    assert.equal(done.state, JobState.JOB_STATE_SUCCEEDED);
    assert.ok(seen.some(({ state }) => state === JobState.JOB_STATE_RUNNING));
    const rows = await fileRows(done);
    assert.equal(rows.size, 4);
    assert.match(text(rows.get('plain')), /^answer to plain \[[0-9a-f]+\]: question plain/);
    assert.match(text(rows.get('unicode')), /Zürich → 東京\?$/);
    assert.ok(rows.get('bad').response === undefined);
  });

  test('inline_requests_are_answered_in_the_batch_itself', async () => {
    const src = ['a', 'b', 'c'].map(inline);
    const done = await ended(await client.batches.create({ model: MODEL, src, config: { displayName: 'inline' } }));
    assert.equal(done.state, JobState.JOB_STATE_SUCCEEDED);
    const answers = done.dest.inlinedResponses;
    assert.deepEqual(answers.map(({ metadata }) => metadata.key).sort(), ['a', 'b', 'c']);
    for (const answer of answers) assert.match(text(answer), new RegExp(`question ${answer.metadata.key}$`));
  });

  test('embeddings_one_vector_for_each_text', async () => {
    const inlinedRequests = { contents: ['a', 'b'], config: { outputDimensionality: 16 } };
    const config = { displayName: 'embeddings' };
    const job = await client.batches.createEmbeddings({ model: 'gemini-embedding-001', src: { inlinedRequests }, config });
    const done = await ended(job);
    assert.equal(done.state, JobState.JOB_STATE_SUCCEEDED);
    const exchange = recorder.exchanges.at(-1);
    const rows = JSON.parse(exchange.text).response.inlinedResponses.inlinedResponses;
    assert.equal(rows.length, 2);
    assert.equal(rows[0].response.embedding.values.length, 16);
  });
});

describe('cancel, lists, deletion', () => {
  test('a_cancelled_job_says_so', async () => {
    const job = await createFromFile(Array.from({ length: 20 }, (_, index) => fileLine(`r${index}`)));
    await emulator.advance(30_000);
    await client.batches.cancel({ name: job.name });
    assert.equal((await ended(job)).state, JobState.JOB_STATE_CANCELLED);
  });

  test('a_list_pages_by_itself', async () => {
    const created = new Set();
    for (let index = 0; index < 5; ++index) {
      created.add((await client.batches.create({ model: MODEL, src: [inline('a')], config: { displayName: 'one' } })).name);
    }
    const listed = [];
    for await (const { name } of await client.batches.list({ config: { pageSize: 2 } })) listed.push(name);
    assert.ok([...created].every((name) => listed.includes(name)));
    assert.equal(new Set(listed).size, listed.length);
    for await (const file of await client.files.list({ config: { pageSize: 1 } })) assert.match(file.name, /^files\//);
  });

  test('a_deleted_job_is_gone', async () => {
    const job = await client.batches.create({ model: MODEL, src: [inline('a')], config: { displayName: 'one' } });
    await ended(job);
    await client.batches.delete({ name: job.name });
    await assert.rejects(client.batches.get({ name: job.name }), (error) => error.status === 404);
  });
});

describe('errors as the SDK names them', () => {
  const refused = (status) => (error) => {
    assert.ok(error instanceof ApiError, `${error}`);
    assert.equal(error.status, status);
    return true;
  };

  test('a_wrong_key_is_a_bad_request', async () => {
    await assert.rejects(clientWith('another-key').batches.get({ name: 'batches/nobody' }), refused(400));
  });

  test('an_unknown_name_is_not_found', async () => {
    await assert.rejects(client.batches.get({ name: 'batches/nobody' }), refused(404));
  });

  test('too_many_requests_is_429', async () => {
    await emulator.fault('GET * rate_limited count=0');
    await assert.rejects(client.batches.get({ name: 'batches/nobody' }), refused(429));
  });
});
