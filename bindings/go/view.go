//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"unsafe"
)

// Block is up to 256 results, borrowed: they are read where they lie in the library's memory, without a copy. It is valid
// until its turn is over, that is until the function it was handed to returns, or the loop goes on. After that its views
// panic; bytes they gave before must not be read any more. One goroutine at a time.
type Block struct {
	core   *core
	native *C.brgo_view                             // nil when its turn is over
	tokens bool                                     // they were asked for
	texts  [C.BRGO_TEXTS]*[C.BRGO_BLOCK]C.brgo_text // of native, nil those that were not asked for
}

// Len returns how many results there are.
func (b *Block) Len() int {
	if b.native == nil {
		return 0
	}
	return int(b.native.block.count)
}

// At returns the result at an index from 0 to Len()-1.
func (b *Block) At(index int) ResultView {
	if uint(index) >= uint(b.Len()) {
		panic("batchrouter: the block has no such result, or its turn is over")
	}
	return ResultView{b, uint8(index)}
}

// Ack marks all results of the block as taken, see Result.Ack. ErrInvalid: its turn is over.
func (b *Block) Ack() error {
	if b.native == nil {
		return &Error{Code: ErrInvalid, Message: "the turn of the block is over, and its results are not acknowledged",
			Hint: "call Ack before the loop goes on", RetryAfter: -1}
	}
	return b.core.with(func() error {
		var cause *C.br_error
		return failure(C.brgo_view_ack(b.native, &cause), cause)
	})
}

// end is called when the turn is over.
func (b *Block) end() { *b = Block{core: b.core} }

// ResultView is one answer of a Block, borrowed. It says what Result says, in bytes that are the library's: do not change
// them, and copy what is to stay (string(view.Text()), or Copy for all of it). nil means that there is none.
type ResultView struct {
	block *Block
	index uint8 // a block has 256
}

func (v ResultView) text(column int) []byte {
	texts := v.block.texts[column]
	if texts == nil {
		return v.ask(column)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(texts[v.index].at)), int(texts[v.index].length))
}

// ask asks all of the block, in one crossing.
func (v ResultView) ask(column int) []byte {
	b := v.block
	if v.view().asked>>uint(column)&1 == 0 {
		C.brgo_view_ask(b.native, C.int32_t(column))
	}
	b.texts[column] = &b.native.columns[column]
	return v.text(column)
}

// view is what the block lies in, in its turn.
func (v ResultView) view() *C.brgo_view {
	if v.block.native == nil {
		panic("batchrouter: a result was read when the turn of its block was over")
	}
	return v.block.native
}

func (v ResultView) native() *C.br_result { return v.view().block.results[v.index] }

// CustomID returns the id the request was asked under.
func (v ResultView) CustomID() []byte { return v.text(C.BRGO_CUSTOM_ID) }

// Status says what the request came to.
func (v ResultView) Status() ResultStatus {
	return ResultStatus(v.view().block.heads[v.index].status)
}

// JobID returns the id of the job.
func (v ResultView) JobID() []byte { return v.text(C.BRGO_JOB_ID) }

// BatchID returns the vendor's id of the remote batch.
func (v ResultView) BatchID() []byte { return v.text(C.BRGO_BATCH_ID) }

// Text returns the answer.
func (v ResultView) Text() []byte { return v.text(C.BRGO_TEXT) }

// Model returns the model that answered.
func (v ResultView) Model() []byte { return v.text(C.BRGO_MODEL) }

// FinishReason returns the vendor's word for why the answer ended.
func (v ResultView) FinishReason() []byte { return v.text(C.BRGO_FINISH_REASON) }

// ToolCalls returns the tool calls as a JSON array.
func (v ResultView) ToolCalls() json.RawMessage { return v.text(C.BRGO_TOOL_CALLS) }

// Response returns the vendor's response object, untouched.
func (v ResultView) Response() json.RawMessage { return v.text(C.BRGO_RESPONSE) }

// JSON returns the result as one line of the unified format, without newline.
func (v ResultView) JSON() json.RawMessage { return v.text(C.BRGO_JSON) }

// InputTokens and the three below return tokens, -1 when the vendor did not say.
func (v ResultView) InputTokens() int64       { return v.tokens(C.BR_TOKENS_INPUT) }
func (v ResultView) OutputTokens() int64      { return v.tokens(C.BR_TOKENS_OUTPUT) }
func (v ResultView) CachedInputTokens() int64 { return v.tokens(C.BR_TOKENS_CACHED_INPUT) }
func (v ResultView) ReasoningTokens() int64   { return v.tokens(C.BR_TOKENS_REASONING) }

func (v ResultView) tokens(which int) int64 {
	native := v.view()
	if !v.block.tokens {
		C.brgo_ask_tokens(&native.block)
		v.block.tokens = true
	}
	return int64(native.block.tokens[v.index][which])
}

// Redelivered says that the result may have been handed out before, by a process that did not acknowledge it.
func (v ResultView) Redelivered() bool { return C.br_result_redelivered(v.native()) != 0 }

// Err returns why the request did not succeed, a *ResultError that may be kept; nil when it did.
func (v ResultView) Err() error {
	if v.Status() == Succeeded {
		return nil
	}
	return &ResultError{
		Status:     v.Status(),
		Type:       string(v.text(C.BRGO_ERROR_TYPE)),
		Code:       string(v.text(C.BRGO_ERROR_CODE)),
		Message:    string(v.text(C.BRGO_ERROR_MESSAGE)),
		HTTPStatus: int(C.br_result_http_status(v.native())),
		Transient:  C.br_result_is_transient(v.native()) != 0,
	}
}

// Ack marks this one as taken, see Result.Ack. Block.Ack does it for all in one call of C.
func (v ResultView) Ack() error {
	return v.block.core.with(func() error {
		var cause *C.br_error
		return failure(C.br_result_ack(v.native(), &cause), cause)
	})
}

// Copy returns a result that stays. Its Ack does nothing.
func (v ResultView) Copy() *Result {
	b := &copiedBlock{core: v.block.core, stored: true, heads: make([]C.brgo_head, 1)}
	b.heads[0] = v.view().block.heads[v.index]
	b.heads[0].redelivered = C.br_result_redelivered(v.native())
	b.texts[C.BRGO_JSON].Store(&[]string{string(v.JSON())})
	return &Result{b, 0}
}
