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
