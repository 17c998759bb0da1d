// Where a vendor's servers and its description disagree, the emulator does as the servers do. Every such place is here,
// with where it was seen; anything else in which the emulator leaves the description is a mistake of the emulator.
// at: below components/schemas, or from paths/ on; also: the schema that holds as well; absent: what is not required.

const NULL = { type: 'null' };
const nullable = (source, schema, ...fields) =>
  fields.map((field) => ({ at: `${schema}/properties/${field}`, also: NULL, source }));

// The vendor's published examples of the batch object show null for what has not happened; its schema has integers and
// strings only. Before a batch is validated its model is not known.
const batchExample = 'the example of the batch object in the API reference; captured answers';
const BATCH_TIMES = ['in_progress_at', 'finalizing_at', 'completed_at', 'failed_at', 'expired_at', 'cancelling_at', 'cancelled_at'];
const BATCH_NULLS = ['errors', 'output_file_id', 'error_file_id', ...BATCH_TIMES];

export const OPENAI = [
  ...nullable(batchExample, 'Batch', 'model', ...BATCH_NULLS),
  ...nullable('captured answers to an upload', 'OpenAIFile', 'status_details'),
  { at: 'Response/allOf/2/properties/store', also: { type: 'boolean' }, source: 'the examples of POST /responses' },
];

// The description is made for answers as an SDK completes them: each field that has a default is required.
const captured = 'result files captured from the vendor, and the examples of its guide to batches';
export const ANTHROPIC = [
  { at: 'Message', absent: ['container'], source: captured },
  { at: 'ResponseTextBlock', absent: ['citations'], source: captured },
  { at: 'ResponseToolUseBlock', absent: ['caller'], source: captured },
  { at: 'Usage', absent: ['inference_geo', 'server_tool_use'], source: captured },
];

// The description has no errors; this is google.rpc.Status as every API of Google's sends it.
const status = {
  type: 'object',
  required: ['code', 'message', 'status'],
  properties: { code: { type: 'integer' }, message: { type: 'string' }, status: { type: 'string' }, details: { type: 'array' } },
};
export const GOOGLE = [
  {
    at: 'ErrorAnswer',
    also: { type: 'object', required: ['error'], properties: { error: status } },
    source: 'google/rpc/status.proto and the error model of Google\'s API design guide',
  },
];

export const GROQ = [
  ...nullable('the example of POST /openai/v1/batches in the description', 'Batch', ...BATCH_NULLS),
  { at: 'ListBatchesResponse/properties/paging', also: { type: 'object' }, source: 'the vendor\'s guide to batches' },
];

// Errors come in three shapes, of which the description has one.
const detail = { anyOf: [{ type: 'string' }, { type: 'array' }] };
export const MISTRAL = [
  // Its chat answers require the list of its embeddings.
  { at: 'ChatCompletionResponse/allOf/1', absent: ['data'], source: 'the example of POST /v1/chat/completions' },
  {
    at: 'ErrorAnswer',
    also: {
      anyOf: [
        { type: 'object', required: ['detail'], properties: { detail }, additionalProperties: true },
        { type: 'object', required: ['object', 'message', 'type'], additionalProperties: true },
      ],
    },
    source: 'captured refusals; the vendor\'s page on errors',
  },
];

// A word that servers send and the description lacks; errors of files are objects, those of batches texts.
export const TOGETHER = [
  { at: 'BatchJobStatus', also: { const: 'CANCELING' }, source: 'captured answers after a cancel' },
  {
    at: 'FileResponse/properties/LineCount',
    also: { type: 'integer' },
    source: 'captured answers to an upload; the SDK\'s own types',
  },
  { at: 'FileResponse/properties/processing_status', also: { type: 'string' }, source: 'captured answers to an upload' },
  { at: 'FileDeleteResponse/properties/object', also: { const: 'file' }, source: 'captured answers' },
  {
    at: 'ErrorAnswer',
    also: {
      anyOf: [
        { type: 'object', required: ['error'], properties: { error: { type: 'string' }, request_id: { type: 'string' } } },
        { $ref: '#/components/schemas/ErrorData' },
      ],
    },
    source: 'the description\'s BatchErrorResponse and ErrorData; captured refusals of batches',
  },
  { at: 'BatchErrorResponse/properties/request_id', also: { type: 'string' }, source: 'captured refusals of batches' },
];
