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
	shortestPause = time.Millisecond
	longestPause  = 250 * time.Millisecond
	// A wakeup can be used up by another call that waits, so it is said again until the right one has heard it.
	wakeupAgain = 5 * time.Millisecond
	// How long Close waits for exchanges with vendors that are under way, and again for a callback.
	closeTimeout = 5 * time.Second
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

	mu       sync.Mutex
	happened map[string]*happening
	left     map[string][]Result // fetched, and not handed out yet by pulls that have ended
	pulls    map[*pull]struct{}
	acking   int        // so many calls of AckAll are under way
	settled  *sync.Cond // a fetch or one of them has ended

	acks acks
}

func closedError() error {
	return &Error{Code: ErrClosed, Message: "the router is closed", Hint: "open a new one", RetryAfter: -1}
}

func openCore(config Config) (*core, error) {
	c := &core{config: config, closed: make(chan struct{}), polled: make(chan struct{})}
	c.happened, c.left, c.pulls = make(map[string]*happening), make(map[string][]Result), make(map[*pull]struct{})
	c.settled = sync.NewCond(&c.mu)
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

// poll runs callbacks until the router is closed.
func (c *core) poll() {
	defer close(c.polled)
	defer c.leave()
	for C.br_poll(c.native, -1, nil) >= 0 {
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
	return c.acks.failure()
}

// closeNative closes the router in C, which takes several that close at once, and refuses it inside a submit.
func (c *core) closeNative() error {
	if !c.retain() {
		return nil
	}
	defer c.leave()
	c.flush(true)
	var cause *C.br_error
	if err := failure(C.br_router_close(c.native, C.int64_t(closeTimeout.Milliseconds()), &cause), cause); err != nil {
		c.acks.reopen()
		return err
	}
	c.once.Do(func() {
		close(c.closed)
		c.forgetLeft()
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

// await asks check until it says true. A goroutine that waits here costs no thread: the router's own goroutine tells it
// of events, and a timer of what comes without one.
func (c *core) await(ctx context.Context, jobID string, check func() (bool, error)) error {
	pause := shortestPause
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := c.checkOrPause(ctx, jobID, &pause, check)
		if done || err != nil {
			return err
		}
	}
}

// checkOrPause watches before it asks: what happens in between ends the pause.
func (c *core) checkOrPause(ctx context.Context, jobID string, pause *time.Duration,
	check func() (bool, error)) (bool, error) {
	next := c.watch(jobID)
	defer c.unwatch(jobID, next)
	if done, err := check(); done || err != nil {
		return done, err
	}
	timer := time.NewTimer(*pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-c.closed:
	case <-next.channel:
		*pause = shortestPause
	case <-timer.C:
		if *pause *= 2; *pause > longestPause {
			*pause = longestPause
		}
	}
	return false, nil
}

// interruptible runs a call that blocks in C until the vendor answers; the end of ctx wakes it.
func (c *core) interruptible(ctx context.Context, call func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	finished, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-finished:
			return
		case <-ctx.Done():
		}
		for {
			C.br_router_wakeup(c.native)
			select {
			case <-finished:
				return
			case <-time.After(wakeupAgain):
			}
		}
	}()
	// A wakeup that was meant for another call ends this one as well: it is made again.
	err := call()
	for err == errWoken && ctx.Err() == nil {
		err = call()
	}
	close(finished)
	<-ended
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
