//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"sync"
	"time"
)

// How long an acknowledgement waits for others. The library saves them once in delivery.ack_interval_ms, a second.
const ackDelay = 50 * time.Millisecond

// acks are acknowledgements on their way to C, many in one crossing: when there is a block of them, after a while,
// before a job is looked at, and when the router is closed.
type acks struct {
	mu     sync.Mutex
	closed bool
	timer  *time.Timer
	taken  []Result
	err    error // of those that nobody waited for
}

// ack takes an acknowledgement. It fails for what an earlier one failed of.
func (c *core) ack(b *copiedBlock, index int) error {
	a := &c.acks
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.acked[index] {
		return nil
	}
	if a.closed {
		return closedError()
	}
	if b.stored {
		return nil
	}
	if a.err != nil {
		return a.told()
	}
	b.acked[index] = true
	b.acks++
	a.taken = append(a.taken, Result{b, index})
	switch len(a.taken) {
	case C.BRGO_BLOCK:
		return c.pass()
	case 1:
		if a.timer == nil {
			a.timer = time.AfterFunc(ackDelay, func() { c.flush(false) })
		} else {
			a.timer.Reset(ackDelay)
		}
	}
	return nil
}

// reopen is called when the router could not be closed.
func (a *acks) reopen() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = false
}

// told returns what is to be told, once; it is called with the lock held.
func (a *acks) told() error {
	err := a.err
	a.err = nil
	return err
}

func (a *acks) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.told()
}

// flush passes on what there is; last: and takes no more. What fails is told by the next ack, at the end of Each, or by
// Close.
func (c *core) flush(last bool) {
	c.acks.mu.Lock()
	defer c.acks.mu.Unlock()
	if err := c.pass(); err != nil {
		c.acks.err = err
	}
	c.acks.closed = c.acks.closed || last
}

// passed says that every result of the block was acknowledged, and passes it on.
func (c *core) passed(b *copiedBlock) bool {
	c.acks.mu.Lock()
	all := b.acks == len(b.heads)
	c.acks.mu.Unlock()
	if all {
		c.flush(false)
	}
	return all
}

// pass is called with the lock held.
func (c *core) pass() (err error) {
	a := &c.acks
	for left := a.taken; len(left) > 0; {
		n := 1
		for n < len(left) && left[n].block == left[0].block {
			n++
		}
		if failed := left[0].block.pass(left[:n]); failed != nil && err == nil {
			err = failed
		}
		left = left[n:]
	}
	if len(a.taken) > 0 {
		a.timer.Stop()
	}
	for i := range a.taken {
		a.taken[i] = Result{} // keeps no block
	}
	a.taken = a.taken[:0]
	return err
}

// pass acknowledges results of one block.
func (b *copiedBlock) pass(results []Result) error {
	which := make([]C.uint8_t, len(results))
	for i, result := range results {
		which[i] = C.uint8_t(result.index)
	}
	return b.core.with(func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		var cause *C.br_error
		return failure(C.brgo_ack(b.owner.native, &which[0], C.size_t(len(which)), &cause), cause)
	})
}
