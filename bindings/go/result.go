//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"runtime"
	"sync"
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
func (s ResultStatus) String() string {
	switch s {
	case Succeeded:
		return "succeeded"
	case Cancelled:
		return "cancelled"
	case Expired:
		return "expired"
	}
	return "errored"
}

// Result is one answer. It may be kept as long as wanted, and read by any goroutine.
type Result struct {
	block *block
	index int
}

// block is up to 256 results that came in one crossing: their texts in one piece of Go memory, and the C handles that
// acknowledging needs (nil for stored results). A handle is freed when it is acknowledged, the others with the block.
type block struct {
	core  *core
	bytes []byte
	views []C.brgo_view

	mu      sync.Mutex
	handles []*C.br_result
}

// take copies what C has fetched, and owns the handles from now on.
func (c *core) take(fetched *C.brgo_block) []Result {
	count := int(fetched.count)
	b := &block{
		core:    c,
		bytes:   append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(fetched.bytes)), int(fetched.size))...),
		views:   append([]C.brgo_view(nil), fetched.views[:count]...),
		handles: append([]*C.br_result(nil), fetched.results[:count]...),
	}
	if b.handles[0] != nil {
		runtime.SetFinalizer(b, (*block).free)
	}
	results := make([]Result, count)
	for i := range results {
		results[i] = Result{b, i}
	}
	return results
}

// free gives back the memory of handles that nobody can acknowledge any more.
func (b *block) free() { C.brgo_free(&b.handles[0], C.size_t(len(b.handles))) }

// bytes is text number i, nil if there is none. It is shared: nobody writes to it.
func (r *Result) bytes(i int) []byte {
	view := &r.block.views[r.index]
	if view.present&(1<<i) == 0 {
		return nil
	}
	begin, end := view.begin, view.end[i]
	if i > 0 {
		begin = view.end[i-1]
	}
	return r.block.bytes[begin:end:end]
}

// text is the same as a string, without a copy.
func (r *Result) text(i int) string {
	bytes := r.bytes(i)
	return *(*string)(unsafe.Pointer(&bytes))
}

// CustomID returns the id the request was asked under.
func (r *Result) CustomID() string { return r.text(C.BRGO_CUSTOM_ID) }

// Status says what the request came to.
func (r *Result) Status() ResultStatus { return ResultStatus(r.block.views[r.index].status) }

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

// JSON returns the result as one line of the unified format, without newline. The bytes are shared.
func (r *Result) JSON() json.RawMessage { return r.bytes(C.BRGO_JSON) }

// MarshalJSON is JSON.
func (r *Result) MarshalJSON() ([]byte, error) { return r.JSON(), nil }

// InputTokens and the three below return tokens, -1 when the vendor did not say.
func (r *Result) InputTokens() int64       { return r.tokens(C.BR_TOKENS_INPUT) }
func (r *Result) OutputTokens() int64      { return r.tokens(C.BR_TOKENS_OUTPUT) }
func (r *Result) CachedInputTokens() int64 { return r.tokens(C.BR_TOKENS_CACHED_INPUT) }
func (r *Result) ReasoningTokens() int64   { return r.tokens(C.BR_TOKENS_REASONING) }

func (r *Result) tokens(which int) int64 { return int64(r.block.views[r.index].tokens[which]) }

// Redelivered says that the result may have been handed out before, by a process that did not acknowledge it.
func (r *Result) Redelivered() bool { return r.block.views[r.index].redelivered != 0 }

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
	view := &r.block.views[r.index]
	return &ResultError{
		Status:     r.Status(),
		Type:       r.text(C.BRGO_ERROR_TYPE),
		Code:       r.text(C.BRGO_ERROR_CODE),
		Message:    r.text(C.BRGO_ERROR_MESSAGE),
		HTTPStatus: int(view.http_status),
		Transient:  view.transient != 0,
	}
}

// Ack marks the result as taken: it is not handed out again. Durable at the next save, at the latest with
// Router.Close. Results that were not acknowledged come again from the next router on the state directory.
func (r *Result) Ack() error {
	b := r.block
	return b.core.with(func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		handle := b.handles[r.index]
		if handle == nil {
			return nil
		}
		var cause *C.br_error
		if err := failure(C.brgo_ack(handle, &cause), cause); err != nil {
			return err
		}
		b.handles[r.index] = nil
		return nil
	})
}
