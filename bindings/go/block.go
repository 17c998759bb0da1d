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

// copiedBlock is up to 256 results that came in one crossing. As long as they are in C, what one of them is asked for is asked
// of all in one crossing, and copied. When they were handed out and acknowledged the block is settled: their lines are
// copied, the C results are freed, and what nobody had asked for is found in the line. Any goroutine may read.
type copiedBlock struct {
	core   *core
	stored bool // acknowledging means nothing
	heads  []C.brgo_head
	texts  [C.BRGO_TEXTS]atomic.Pointer[[]string]
	tokens atomic.Pointer[[][4]C.int64_t]

	mu     sync.Mutex // the C results belong to one goroutine at a time
	owner  *owner     // nil when settled
	lines  []*line    // of a settled block, those that were read
	weight []byte

	acked [C.BRGO_BLOCK]bool // guarded by mu, as are the next
	acks  int
	live  int // those that were not given back, the first ones; written with pull.mu as well
}

// owner frees C results that nobody can reach any more. It is apart, so that it is not the whole block that outlives its
// last user for a round of the collector.
type owner struct{ native *C.brgo_block }

func (o *owner) free() {
	runtime.SetFinalizer(o, nil)
	C.brgo_block_free(o.native)
}

// fetchBlock makes a block of what fetch finds; nil if that is nothing.
func (c *core) fetchBlock(fetch func(*C.brgo_block, **C.br_error) C.br_status) (*copiedBlock, C.br_status, error) {
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
	b := &copiedBlock{core: c, owner: &owner{native}, live: int(native.count)}
	b.heads = append(b.heads, native.heads[:native.count]...)
	runtime.SetFinalizer(b.owner, (*owner).free)
	return b, status, nil
}

// results hands out all of them.
func (b *copiedBlock) results() []Result {
	all := make([]Result, len(b.heads))
	for i := range all {
		all[i] = Result{b, i}
	}
	return all
}

// text is "" if there is none.
func (b *copiedBlock) text(column, index int) string {
	if all := b.texts[column].Load(); all != nil {
		return (*all)[index]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == nil && b.texts[column].Load() == nil {
		return b.line(index).text(column)
	}
	return b.copied(column)[index]
}

// copied is called with the lock held, and before the block is settled or for a column that was asked for by then.
func (b *copiedBlock) copied(column int) []string {
	if all := b.texts[column].Load(); all != nil {
		return *all
	}
	bytes := make([]byte, 0, int(C.brgo_ask(b.owner.native, C.int32_t(column))))
	all := make([]string, b.live)
	texts := &b.owner.native.texts
	for i := range all {
		begin := len(bytes)
		bytes = append(bytes, unsafe.Slice((*byte)(unsafe.Pointer(texts[i].at)), int(texts[i].length))...)
		one := bytes[begin:]
		all[i] = *(*string)(unsafe.Pointer(&one)) // nobody writes to these bytes again
	}
	b.texts[column].Store(&all)
	return all
}

func (b *copiedBlock) tokenCount(which, index int) int64 {
	all := b.tokens.Load()
	if all == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		if all = b.tokens.Load(); all == nil && b.owner == nil {
			return b.line(index).tokens(which)
		}
		if all == nil {
			C.brgo_ask_tokens(b.owner.native)
			copied := append([][4]C.int64_t(nil), b.owner.native.tokens[:b.live]...)
			all = &copied
			b.tokens.Store(all)
		}
	}
	return int64((*all)[index][which])
}

// refusal returns HTTP status and whether asking again may work, of one that did not succeed.
func (b *copiedBlock) refusal(index int) (httpStatus int, transient bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == nil {
		refused := &b.line(index).Error
		return refused.HTTPStatus, refused.Transient
	}
	native := b.owner.native.results[index]
	return int(C.br_result_http_status(native)), C.br_result_is_transient(native) != 0
}

// raw is the vendor's row; the C result is asked while it is there.
func (b *copiedBlock) raw(index int) (raw []byte, err error) {
	job := Job{core: b.core, id: b.text(C.BRGO_JOB_ID, index)}
	id := b.text(C.BRGO_CUSTOM_ID, index)
	b.mu.Lock()
	if b.owner == nil {
		b.mu.Unlock()
		return job.ResultRaw(id)
	}
	defer b.mu.Unlock()
	err = b.core.with(func() error {
		var row *C.char
		var length C.size_t
		var cause *C.br_error
		status := C.br_result_raw(b.owner.native.results[index], &row, &length, &cause)
		raw = rowOf(row, length)
		return failure(status, cause)
	})
	return raw, err
}

// settle is called when all results were handed out. Those of a block that is not acknowledged stay in C, for as long as
// somebody can do it.
func (b *copiedBlock) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == nil {
		return
	}
	if !b.stored && b.acks < b.live {
		// The collector knows nothing of the memory in C: this is as much, and makes it run as often.
		b.weight = make([]byte, b.live*C.BRGO_WEIGHT)
		return
	}
	for _, column := range [...]int{C.BRGO_CUSTOM_ID, C.BRGO_TEXT, C.BRGO_JSON} {
		b.copied(column)
	}
	b.owner.free()
	b.owner = nil
}

// ack acknowledges one, once.
func (b *copiedBlock) ack(index int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == nil || b.stored || b.acked[index] {
		return nil
	}
	return b.core.with(func() error {
		var cause *C.br_error
		err := failure(C.br_result_ack(b.owner.native.results[index], &cause), cause)
		if err == nil {
			b.acked[index] = true
			b.acks++
		}
		return err
	})
}

// jobs returns the job of each result from that one on.
func (b *copiedBlock) jobs(from int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == nil || from == b.live {
		return nil
	}
	return b.copied(C.BRGO_JOB_ID)[from:b.live]
}

// giveBack gives those back that nobody was handed, from that one on.
func (b *copiedBlock) giveBack(from int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	C.brgo_return(b.owner.native, C.size_t(from))
	b.live = from
}

// line is called with the lock held, of a settled block.
func (b *copiedBlock) line(index int) *line {
	if b.lines == nil {
		b.lines = make([]*line, len(b.heads))
	}
	if b.lines[index] == nil {
		b.lines[index] = readLine((*b.texts[C.BRGO_JSON].Load())[index])
	}
	return b.lines[index]
}
