//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"reflect"
	"unsafe"
)

// ResultStatus says what a request came to.
type ResultStatus int32

const (
	Succeeded ResultStatus = C.BR_RESULT_SUCCEEDED
	Errored   ResultStatus = C.BR_RESULT_ERRORED
	Cancelled ResultStatus = C.BR_RESULT_CANCELLED
	Expired   ResultStatus = C.BR_RESULT_EXPIRED
)

// String returns the name of the status, as in the unified format.
func (s ResultStatus) String() string { return C.GoString(C.br_result_status_name(C.int32_t(s))) }

// Result is one answer. It may be kept as long as wanted, and read by any goroutine. Up to 256 come together, and what
// one of them is asked for is fetched for all; keeping one keeps the others in memory. What is asked for the first time
// after its turn takes longer, some microseconds.
type Result struct {
	block *copiedBlock
	index int
}

func (r *Result) text(column int) string { return r.block.text(column, r.index) }

// bytes is the same as bytes that nobody writes to, nil if there is none.
func (r *Result) bytes(column int) []byte {
	text := r.text(column)
	if text == "" {
		return nil
	}
	header := (*reflect.StringHeader)(unsafe.Pointer(&text))
	return unsafe.Slice((*byte)(unsafe.Pointer(header.Data)), len(text))
}

// CustomID returns the id the request was asked under.
func (r *Result) CustomID() string { return r.text(C.BRGO_CUSTOM_ID) }

// Status says what the request came to.
func (r *Result) Status() ResultStatus { return ResultStatus(r.block.heads[r.index].status) }

// JobID returns the id of the job.
func (r *Result) JobID() string { return r.text(C.BRGO_JOB_ID) }

// BatchID returns the vendor's id of the remote batch.
func (r *Result) BatchID() string { return r.text(C.BRGO_BATCH_ID) }

// Text returns the answer, "" if there is none.
func (r *Result) Text() string { return r.text(C.BRGO_TEXT) }

// Model returns the model that answered.
func (r *Result) Model() string { return r.text(C.BRGO_MODEL) }

// FinishReason returns the vendor's word for why the answer ended.
func (r *Result) FinishReason() string { return r.text(C.BRGO_FINISH_REASON) }

// ToolCalls returns the tool calls as a JSON array, nil if there are none. The bytes are shared: do not change them.
func (r *Result) ToolCalls() json.RawMessage { return r.bytes(C.BRGO_TOOL_CALLS) }

// Response returns the vendor's response object, untouched; nil if there is none. The bytes are shared.
func (r *Result) Response() json.RawMessage { return r.bytes(C.BRGO_RESPONSE) }

// Raw returns the vendor's own row of this result with all that stands around the response: the line of the vendor's results,
// byte for byte as it was downloaded. Of a result of type "malformed" that need not be JSON. nil: the vendor gave no row.
// It reads files, and is an error when the router is closed or the job was removed.
func (r *Result) Raw() ([]byte, error) { return r.block.raw(r.index) }

// JSON returns the result as one line of the unified format, without newline. The bytes are shared.
func (r *Result) JSON() json.RawMessage { return r.bytes(C.BRGO_JSON) }

// String returns the answer, or why there is none.
func (r *Result) String() string {
	if err := r.Err(); err != nil {
		return err.Error()
	}
	return r.Text()
}

// MarshalJSON is JSON.
func (r *Result) MarshalJSON() ([]byte, error) { return r.JSON(), nil }

// InputTokens and the three below return tokens, -1 when the vendor did not say.
func (r *Result) InputTokens() int64       { return r.tokens(C.BR_TOKENS_INPUT) }
func (r *Result) OutputTokens() int64      { return r.tokens(C.BR_TOKENS_OUTPUT) }
func (r *Result) CachedInputTokens() int64 { return r.tokens(C.BR_TOKENS_CACHED_INPUT) }
func (r *Result) ReasoningTokens() int64   { return r.tokens(C.BR_TOKENS_REASONING) }

func (r *Result) tokens(which int) int64 { return r.block.tokenCount(which, r.index) }

// Redelivered says that the result may have been handed out before, by a process that did not acknowledge it.
func (r *Result) Redelivered() bool { return r.block.heads[r.index].redelivered != 0 }

// ResultError is why one request did not succeed.
type ResultError struct {
	Status              ResultStatus
	Type, Code, Message string
	HTTPStatus          int
	Transient           bool // asking the same again may work
}

func (e *ResultError) Error() string {
	if e.Message != "" {
		return e.Message
	}
	return "the request " + e.Status.String()
}

// Err returns why the request did not succeed, a *ResultError; nil when it did.
func (r *Result) Err() error {
	if r.Status() == Succeeded {
		return nil
	}
	err := &ResultError{
		Status:  r.Status(),
		Type:    r.text(C.BRGO_ERROR_TYPE),
		Code:    r.text(C.BRGO_ERROR_CODE),
		Message: r.text(C.BRGO_ERROR_MESSAGE),
	}
	err.HTTPStatus, err.Transient = r.block.refusal(r.index)
	return err
}

// Ack marks the result as taken: it is not handed out again. Durable at the next save, at the latest with
// Router.Close. Results that were not acknowledged come again from the next router on the state directory.
func (r *Result) Ack() error { return r.block.ack(r.index) }
