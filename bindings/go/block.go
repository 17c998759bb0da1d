//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

const columns = C.BRGO_TEXTS + 1 // the last is that of the tokens

// block is up to 256 results that came in one crossing. They stay in C, where each says what it is asked for; what one
// of them is asked for, all are, so that a question costs one crossing for all. The last Result that is kept of a block
// keeps it.
type block struct {
	core   *core
	native *C.brgo_block
	owner  *owner
	asked  [columns]atomic.Bool
	weight []byte
	texts  [C.BRGO_TEXTS]atomic.Pointer[[]string] // copies, for those who keep what they are told

	mu    sync.Mutex // the C results belong to one goroutine at a time
	bytes [columns]int
	acked [C.BRGO_BLOCK]bool // guarded by core.acks.mu
}

// fetchBlock makes a block of what fetch finds; nil if that is nothing.
func (c *core) fetchBlock(fetch func(*C.brgo_block, **C.br_error) C.br_status) (*block, C.br_status, error) {
	native := C.brgo_block_new()
	if native == nil {
		return nil, C.BR_ENOMEM, failure(C.BR_ENOMEM, nil)
	}
	var cause *C.br_error
	status := fetch(native, &cause)
	if native.count == 0 {
		C.brgo_block_free(native)
		return nil, status, failure(status, cause)
	}
	// The collector knows nothing of the memory in C. It runs as often as that asks for when half of it is here, unused.
	b := &block{core: c, native: native, owner: &owner{native}, weight: make([]byte, native.bytes/2)}
	runtime.SetFinalizer(b.owner, (*owner).free)
	return b, status, nil
}

// owner frees a block that nobody can reach any more. It is apart, so that it is not the whole block that outlives its
// last user for a round of the collector.
type owner struct{ native *C.brgo_block }

func (o *owner) free() { C.brgo_block_free(o.native) }

func (b *block) count() int { return int(b.native.count) }

// results hands out the results from number first on.
func (b *block) results(first int) []Result {
	all := make([]Result, b.count()-first)
	for i := range all {
		all[i] = Result{b, first + i}
	}
	return all
}

// ask fills a column, if nobody did yet.
func (b *block) ask(column int) {
	if b.asked[column].Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked[column].Load() {
		b.bytes[column] = int(C.brgo_ask(b.native, C.int32_t(column)))
		b.asked[column].Store(true)
	}
}

// view is a text in the memory of C, which goes with the block; nil if there is none.
func (b *block) view(column, index int) []byte {
	b.ask(column)
	text := &b.native.texts[column][index]
	return unsafe.Slice((*byte)(unsafe.Pointer(text.at)), int(text.length))
}

// text is a text in the memory of Go, which it shares with the others of its column; "" if there is none.
func (b *block) text(column, index int) string {
	if all := b.texts[column].Load(); all != nil {
		return (*all)[index]
	}
	return b.copied(column)[index]
}

func (b *block) copied(column int) []string {
	b.ask(column)
	bytes := make([]byte, 0, b.bytes[column])
	all := make([]string, b.count())
	for i := range all {
		begin := len(bytes)
		bytes = append(bytes, b.view(column, i)...)
		one := bytes[begin:]
		all[i] = *(*string)(unsafe.Pointer(&one)) // nobody writes to these bytes again
	}
	b.texts[column].Store(&all)
	runtime.KeepAlive(b)
	return all
}

func (b *block) status(index int) ResultStatus {
	status := ResultStatus(b.native.status[index])
	runtime.KeepAlive(b)
	return status
}

func (b *block) tokens(index, which int) int64 {
	b.ask(C.BRGO_TEXTS)
	count := int64(b.native.tokens[index][which])
	runtime.KeepAlive(b)
	return count
}

// one asks a single result.
func (b *block) one(index int, ask func(*C.br_result)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ask(b.native.results[index])
}
