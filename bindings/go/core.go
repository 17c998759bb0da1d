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
)

// core is the router behind its handle. It is freed when the owner and every call under way have left.
type core struct {
	config   Config
	native   *C.br_router
	users    atomic.Int64
	calling  atomic.Int32 // callbacks under way
	panicked atomic.Pointer[PanicError]
	once     sync.Once
	closed   chan struct{}
	polled   chan struct{}

	mu       sync.Mutex
	happened map[string]chan struct{}
	left     map[string][]Result // fetched, and not handed out yet

	acks acks
}

func closedError() error {
	return &Error{Code: ErrClosed, Message: "the router is closed", Hint: "open a new one", RetryAfter: -1}
}

func openCore(config Config) (*core, error) {
	c := &core{config: config, closed: make(chan struct{}), polled: make(chan struct{})}
	c.happened, c.left = make(map[string]chan struct{}), make(map[string][]Result)
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

func (c *core) close(ctx context.Context) (err error) {
	c.once.Do(func() {
		c.flush(true)
		close(c.closed)
		var cause *C.br_error
		err = failure(C.br_router_close(c.native, -1, &cause), cause)
		c.leave()
	})
	if c.calling.Load() == 0 && providing.Load() == 0 { // else a callback closes, and cannot wait for its own end
		<-c.polled
	}
	if caught := c.panicked.Swap(nil); caught != nil && err == nil {
		err = caught
	}
	return err
}

// enter keeps the native router until leave.
func (c *core) enter() error {
	for {
		users := c.users.Load()
		select {
		case <-c.closed:
			return closedError()
		default:
		}
		if users <= 0 {
			return closedError()
		}
		if c.users.CompareAndSwap(users, users+1) {
			return nil
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

// watch returns a channel that is closed when something happens to the job ("": to any).
func (c *core) watch(jobID string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	channel, ok := c.happened[jobID]
	if !ok {
		channel = make(chan struct{})
		c.happened[jobID] = channel
	}
	return channel
}

func (c *core) wake(jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range [...]string{jobID, ""} {
		if channel, ok := c.happened[id]; ok {
			close(channel)
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
		happened := c.watch(jobID)
		if done, err := check(); done || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-c.closed:
		case <-happened:
			pause = shortestPause
		case <-timer.C:
			if pause *= 2; pause > longestPause {
				pause = longestPause
			}
		}
		timer.Stop()
	}
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
