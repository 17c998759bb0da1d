//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// How long Close waits for exchanges with vendors that are under way, and again for a callback.
	closeTimeout = 5 * time.Second
	// So many callbacks C keeps; of more it drops the oldest.
	mostCallbacks = 10000
)

// core is the router behind its handle. It is freed when the owner and every call under way have left.
type core struct {
	config   Config
	native   *C.br_router
	users    atomic.Int64
	panicked atomic.Pointer[PanicError]
	once     sync.Once
	closed   chan struct{}
	polled   chan struct{}

	told atomic.Int64 // callbacks of the round of br_poll that is under way

	mu       sync.Mutex
	happened map[string]*happening

	outbox outbox
}

func closedError() error {
	return &Error{Code: ErrClosed, Message: "the router is closed", Hint: "open a new one", RetryAfter: -1}
}

func openCore(config Config) (*core, error) {
	c := &core{config: config, closed: make(chan struct{}), polled: make(chan struct{})}
	c.happened = make(map[string]*happening)
	c.outbox.pulls, c.outbox.returned = make(map[*pull]struct{}), make(map[string]int)
	err := config.with(func(native *C.br_config, _ *names) error {
		if err := config.setCallbacks(native, c); err != nil {
			return err
		}
		var cause *C.br_error
		return failure(C.br_router_new(native, &c.native, &cause), cause)
	})
	if err != nil {
		return nil, err
	}
	c.users.Store(2) // the owner, and the goroutine that polls
	go c.poll()
	return c, nil
}

// poll runs callbacks until the router is closed. Each event wakes those that wait for its job. After a round of so many
// that one may have been dropped all are woken, and after one that something else ended, such as a store that failed.
func (c *core) poll() {
	defer close(c.polled)
	defer c.leave()
	number := goroutineNumber()
	pollers.Store(number, c)
	defer pollers.Delete(number)
	for status := C.br_status(C.BR_OK); status >= 0; {
		status = C.br_poll(c.native, -1, nil)
		if told := c.told.Swap(0); told >= mostCallbacks || status != C.BR_OK {
			c.wakeAll()
		}
	}
}

func (c *core) close() error {
	var err error
	inside := onHost(func() { err = c.closeNative() }) // C knows by the thread who closes
	if err != nil {
		return err
	}
	if !inside { // else a callback closes, and cannot wait for its own end
		select {
		case <-c.polled:
		case <-time.After(closeTimeout): // it may wait for whoever closes
		}
	}
	if caught := c.panicked.Swap(nil); caught != nil {
		return caught
	}
	return nil
}

// closeNative closes the router in C, which takes several that close at once, and refuses it inside a submit.
func (c *core) closeNative() error {
	if !c.retain() {
		return nil
	}
	defer c.leave()
	var cause *C.br_error
	if err := failure(C.br_router_close(c.native, C.int64_t(closeTimeout.Milliseconds()), &cause), cause); err != nil {
		return err
	}
	c.once.Do(func() {
		close(c.closed)
		c.leave()
	})
	return nil
}

// enter keeps the native router until leave.
func (c *core) enter() error {
	select {
	case <-c.closed:
		return closedError()
	default:
	}
	if !c.retain() {
		return closedError()
	}
	return nil
}

// retain is enter also of a closed one, as long as somebody else is there.
func (c *core) retain() bool {
	for {
		users := c.users.Load()
		if users <= 0 {
			return false
		}
		if c.users.CompareAndSwap(users, users+1) {
			return true
		}
	}
}

func (c *core) leave() {
	if c.users.Add(-1) == 0 {
		C.br_router_free(c.native)
	}
}

func (c *core) with(use func() error) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	return use()
}

// happening is what those wait for who wait for a job ("": for any).
type happening struct {
	channel chan struct{} // closed when something happens
	waiting int
}

func (c *core) watch(jobID string) *happening {
	c.mu.Lock()
	defer c.mu.Unlock()
	next, ok := c.happened[jobID]
	if !ok {
		next = &happening{channel: make(chan struct{})}
		c.happened[jobID] = next
	}
	next.waiting++
	return next
}

func (c *core) unwatch(jobID string, watched *happening) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if watched.waiting--; watched.waiting == 0 && c.happened[jobID] == watched {
		delete(c.happened, jobID)
	}
}

func (c *core) wake(jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range [...]string{jobID, ""} {
		if next, ok := c.happened[id]; ok {
			close(next.channel)
			delete(c.happened, id)
		}
	}
}

func (c *core) wakeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, next := range c.happened {
		close(next.channel)
		delete(c.happened, id)
	}
}

// await asks check each time that something happened to the job, until it says true. A goroutine that waits here costs no
// thread: the router's own goroutine wakes it. It watches before it asks, so that nothing is missed in between.
func (c *core) await(ctx context.Context, jobID string, check func() (bool, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := c.watch(jobID)
		done, err := check()
		if !done && err == nil {
			select {
			case <-ctx.Done():
			case <-c.closed:
			case <-next.channel:
			}
		}
		c.unwatch(jobID, next)
		if done || err != nil {
			return err
		}
	}
}

// interruptible runs a call that blocks in C until the vendor answers; the end of ctx interrupts it. since is for
// br_router_interrupt_since: taken before ctx is looked at, it makes the call end also if it does not wait yet.
func (c *core) interruptible(ctx context.Context, call func(since C.int64_t) error) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	finished, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-finished:
		case <-ctx.Done():
			C.br_router_interrupt(c.native)
		}
	}()
	err := errInterrupted
	for err == errInterrupted { // also by what was meant for another call
		since := C.br_router_interrupt_count(c.native)
		if err = ctx.Err(); err == nil {
			err = call(since)
		}
	}
	close(finished)
	<-ended
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
