// The streams that src/capture/stream makes of whole answers: the official SDKs' own helpers put them together again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import Groq from 'groq-sdk';
import OpenAI from 'openai';

const TEXT = 'Zürich → 東京 😀 "quoted" \\ back\n\nline\u2028two';
let reply; // what the server answers with: { form, body, words }
let server;
let origin;

// What the program makes of a body.
function events({ form, body, words }) {
  const run = spawnSync(process.env.BATCHROUTER, [form, ...words], { input: JSON.stringify(body, null, 1) });
  assert.equal(run.status, 0, `${run.stderr}`);
  return run.stdout;
}

before(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const type = reply.form === 'gemini_array' ? 'application/json' : 'text/event-stream';
      response.writeHead(200, { 'content-type': type });
      response.write(': keepalive\n\n');
      // Cut where it is worst: events and characters must come together again.
      const bytes = events(reply);
      for (let at = 0; at < bytes.length; at += 61) response.write(bytes.subarray(at, at + 61));
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close() && server.closeAllConnections());

const answers = (form, body, ...words) => (reply = { form, body, words: ['events', ...words] }).body;
const fails = (form, status, body) => (reply = { form, body, words: ['error', `${status}`] });
const options = () => ({ apiKey: 'k', baseURL: origin, maxRetries: 0 });
const collected = async (stream) => {
  const all = [];
  for await (const each of stream) all.push(each);
  return all;
};

describe('openai', () => {
  const ask = { model: 'm', messages: [{ role: 'user', content: 'q' }] };
  const call = (id, name, args) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(args) } });
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, completion_tokens_details: { reasoning_tokens: 1 } };
  const completion = (choices) => ({
    id: 'chatcmpl-1', object: 'chat.completion', created: 17, model: 'm', choices, usage, service_tier: 'default', system_fingerprint: 'fp',
  });
  const choice = (index, message, finish_reason = 'stop', logprobs = null) => ({
    index, message: { role: 'assistant', content: null, refusal: null, ...message }, logprobs, finish_reason,
  });

  test('chat_is_put_together_to_the_same_answer', async () => {
    const logprobs = { content: [{ token: 'Z', logprob: -0.25, bytes: [90], top_logprobs: [] }], refusal: null };
    for (const choices of [
      [choice(0, { content: TEXT }, 'stop', logprobs)],
      [choice(0, { content: 'one' }), choice(1, { content: TEXT }, 'length'), choice(2, { refusal: 'no' })],
      [choice(0, { tool_calls: [call('a', 'f', { city: TEXT }), call('b', 'g', {})] }, 'tool_calls')],
      [choice(0, { content: 'x', reasoning_content: 'thought', annotations: [{ type: 'url_citation' }] })],
    ]) {
      const expected = answers('openai_chat', completion(choices), 'include_usage');
      const stream = new OpenAI(options()).chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
      const final = JSON.parse(JSON.stringify(await stream.finalChatCompletion(), (key, it) => (key === 'parsed' ? undefined : it)));
      assert.deepEqual(final, expected);
    }
  });

  test('text_completions_and_usage_come_in_chunks', async () => {
    const { choices } = answers('openai_completions', {
      id: 't', object: 'text_completion', created: 1, model: 'm', usage,
      choices: [{ index: 0, text: TEXT, logprobs: null, finish_reason: 'length' }],
    }, 'include_usage');
    const chunks = await collected(await new OpenAI(options()).completions.create({ model: 'm', prompt: 'q', stream: true }));
    assert.equal(chunks.flatMap((it) => it.choices).map((it) => it.text).join(''), choices[0].text);
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'length');
    assert.deepEqual(chunks.at(-1).usage, usage);
  });

  test('responses_end_as_the_same_answer_and_agree_on_the_way', async () => {
    const expected = answers('openai_responses', {
      id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', error: null, incomplete_details: null,
      output: [
        { id: 'rs', type: 'reasoning', summary: [{ type: 'summary_text', text: 'why' }], content: [{ type: 'reasoning_text', text: TEXT }] },
        { id: 'ms', type: 'message', status: 'completed', role: 'assistant',
          content: [{ type: 'output_text', text: TEXT, annotations: [{ type: 'url_citation', url: 'u' }], logprobs: [] }, { type: 'refusal', refusal: 'no' }] },
        { id: 'fc', type: 'function_call', status: 'completed', call_id: 'c', name: 'f', arguments: JSON.stringify({ city: TEXT }) },
      ],
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 }, parallel_tool_calls: true,
    });
    const stream = new OpenAI(options()).responses.stream({ model: 'm', input: 'q' });
    const seen = [];
    stream.on('event', (event) => seen.push(event));
    const { output_text: text, ...final } = await stream.finalResponse();
    assert.equal(text, TEXT);
    const plain = JSON.parse(JSON.stringify(final, (key, it) => (/^(output_)?parsed(_arguments)?$/.test(key) ? undefined : it)));
    assert.deepEqual(plain, expected);
    assert.deepEqual(seen.map((it) => it.sequence_number), seen.map((_, index) => index));
    const deltas = (type) => seen.filter((it) => it.type === type).map((it) => it.delta).join('');
    assert.equal(deltas('response.output_text.delta'), TEXT);
    assert.equal(deltas('response.function_call_arguments.delta'), expected.output[2].arguments);
  });

  test('an_error_within_the_stream_is_an_api_error', async () => {
    const error = { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' };
    const kind = (it) => it instanceof OpenAI.APIError && it.code === error.code && it.message.includes(error.message);
    fails('openai_chat', 400, { error });
    await assert.rejects(new OpenAI(options()).chat.completions.stream(ask).finalChatCompletion(), kind);
    fails('openai_responses', 400, { error });
    await assert.rejects(new OpenAI(options()).responses.stream({ model: 'm', input: 'q' }).finalResponse(), kind);
  });
});

describe('anthropic', () => {
  const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'q' }] };

  test('a_message_is_put_together_to_the_same_answer', async () => {
    const expected = answers('anthropic_messages', {
      id: 'msg_1', type: 'message', role: 'assistant', model: 'm', container: null,
      content: [
        { type: 'thinking', thinking: TEXT, signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'x' },
        { type: 'text', text: TEXT, citations: [{ type: 'char_location', cited_text: TEXT }] },
        { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: TEXT } },
        { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'web_search_result', url: 'u' }] },
        { type: 'hologram', depth: 3 },
        { type: 'tool_use', id: 't', name: 'weather', input: { city: TEXT, list: [1.5, null, { deep: true }] } },
        { type: 'tool_use', id: 'e', name: 'empty', input: {} },
      ],
      stop_reason: 'tool_use', stop_sequence: null, stop_details: null,
      usage: { input_tokens: 11, cache_read_input_tokens: 5, output_tokens: 22, service_tier: 'batch', server_tool_use: { web_search_requests: 1 } },
    });
    const client = new Anthropic(options());
    const plain = (message) => JSON.parse(JSON.stringify(message, (key, it) => (/^parsed/.test(key) ? undefined : it)));
    assert.deepEqual(plain(await client.messages.stream(ask).finalMessage()), expected);
    assert.deepEqual(plain(await client.beta.messages.stream(ask).finalMessage()), expected);
  });

  test('an_error_within_the_stream_is_an_api_error', async () => {
    fails('anthropic_messages', 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    const stream = new Anthropic(options()).messages.stream(ask);
    await assert.rejects(stream.finalMessage(), (it) => it instanceof Anthropic.APIError && it.type === 'overloaded_error');
  });
});

describe('google', () => {
  const models = () => new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: origin } }).models;
  const ask = { model: 'gemini-2.5-flash', contents: 'q' };

  test('a_chunk_holds_text_calls_usage_and_finish_reason', async () => {
    const expected = answers('gemini_sse', {
      candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [
        { text: 'why', thought: true }, { text: TEXT }, { functionCall: { name: 'f', args: { city: TEXT, n: 1.5 } }, thoughtSignature: 'c2ln' },
      ] } }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 }, modelVersion: 'm', responseId: 'r',
    });
    const chunks = await collected(await models().generateContentStream(ask));
    assert.deepEqual(JSON.parse(JSON.stringify(chunks.flatMap((it) => it.candidates))), expected.candidates);
    assert.equal(chunks.map((it) => it.text ?? '').join(''), TEXT);
    assert.deepEqual({ ...chunks.at(-1).usageMetadata }, expected.usageMetadata);
  });

  test('an_error_within_the_stream_has_its_status', async () => {
    fails('gemini_sse', 429, { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } });
    const read = async () => collected(await models().generateContentStream(ask));
    await assert.rejects(read(), (it) => it instanceof ApiError && it.status === 429);
  });

  test('the_array_is_json_with_the_answer_in_it', () => {
    const body = answers('gemini_array', { candidates: [{ content: { parts: [{ text: TEXT }] } }] });
    assert.deepEqual(JSON.parse(events(reply)), [body]);
  });
});

describe('vendors that send the usage unasked and tool calls whole', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
  const tool_calls = [{ id: 'abcdefghi', type: 'function', function: { name: 'f', arguments: '{"a":1}' }, index: 0 }];
  const body = {
    id: 'c', object: 'chat.completion', created: 1, model: 'm', usage,
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT, tool_calls }, finish_reason: 'tool_calls' }],
  };
  const WISHES = ['usage_with_finish', 'whole_tool_calls'];

  test('mistral_reads_text_calls_and_usage', async () => {
    answers('openai_chat', body, ...WISHES);
    const client = new Mistral({ apiKey: 'k', serverURL: origin });
    const chunks = (await collected(await client.chat.stream({ model: 'm', messages: [{ role: 'user', content: 'q' }] }))).map((it) => it.data);
    const deltas = chunks.map((it) => it.choices[0].delta);
    assert.equal(deltas.map((it) => it.content ?? '').join(''), TEXT);
    assert.deepEqual(deltas.flatMap((it) => it.toolCalls ?? []).map((it) => it.function), [{ name: 'f', arguments: '{"a":1}' }]);
    assert.equal(chunks.at(-1).usage.totalTokens, 7);
    assert.equal(chunks.at(-1).choices[0].finishReason, 'tool_calls');
  });

  test('groq_reads_text_calls_and_usage', async () => {
    answers('openai_chat', { ...body, x_groq: { id: 'req_1' } }, ...WISHES);
    const chunks = await collected(await new Groq(options()).chat.completions.create({ model: 'm', messages: [], stream: true }));
    assert.equal(chunks[0].x_groq.id, 'req_1');
    assert.deepEqual(chunks.at(-1).x_groq.usage, usage);
    assert.equal(chunks.map((it) => it.choices[0].delta.content ?? '').join(''), TEXT);
    assert.deepEqual(chunks.flatMap((it) => it.choices[0].delta.tool_calls ?? []), tool_calls);
  });
});
