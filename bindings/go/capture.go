//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// ErrPass: no batch can answer the call, and nothing was kept of it; send it to the vendor yourself.
var ErrPass = errors.New("batchrouter: the call is to be passed through")

// How many answers one crossing brings.
const mostAnswers = 256

// Capture takes HTTP calls of programs that know nothing of batches, collects them into batches, and answers each as the
// vendor would have. Any goroutine may use it at any time. NewTransport puts it into an http.Client.
//
// N calls at once that ask the same are N requests. A call that nobody waits for any more, because its context ended or
// its process died, is answered to the next one that asks the same, and an earlier answer serves later calls: see the
// settings "capture.…".
type Capture struct {
	core *core
	done chan struct{} // closed when no answer will come any more
	once sync.Once

	life   sync.RWMutex  // taken before mu; held for reading while a call of C uses the handle
	native *C.br_capture // nil: closed

	mu      sync.Mutex
	calls   map[int64]*Call
	early   map[int64]*Answer // of calls whose id the one who takes them does not know yet
	taking  int               // calls of C that take
	err     error             // what those get who wait, once done is closed
	queue   []*taking
	leading bool // somebody takes what is in the queue

	texts sync.Mutex // held while a borrowed text is copied
}

// Call is a call that was taken, and that somebody waits for.
type Call struct {
	ID      int64 // in this process
	capture *Capture
	answer  chan *Answer // gets the one answer
}

// Capture begins to take calls, and goes on with those of earlier processes. A router has one at a time: ErrAlready.
func (r *Router) Capture() (*Capture, error) {
	c := &Capture{core: r.core, done: make(chan struct{}), calls: make(map[int64]*Call), early: make(map[int64]*Answer)}
	if err := r.core.enter(); err != nil {
		return nil, err
	}
	var cause *C.br_error
	if err := failure(C.br_capture_new(r.core.native, &c.native, &cause), cause); err != nil {
		r.core.leave()
		return nil, err
	}
	runtime.SetFinalizer(c, (*Capture).free)
	go c.pump(c.native) // leaves
	return c, nil
}

// pump hands every answer to who waits for it. It ends when the capture is closed or the router is, or has failed.
func (c *Capture) pump(handle *C.br_capture) {
	defer c.core.leave()
	var natives [mostAnswers]*C.br_answer
	for {
		var count C.size_t
		var cause *C.br_error
		status := C.br_capture_next(handle, -1, &natives[0], C.size_t(len(natives)), &count, &cause)
		for _, native := range natives[:count] {
			c.hand(newAnswer(native))
		}
		if status == C.BR_OK || status == C.BR_AGAIN { // the second: something else was interrupted
			continue
		}
		err := failure(status, cause)
		if status == C.BR_END {
			err = captureClosed()
		}
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.done)
		return
	}
}

func (c *Capture) hand(answer *Answer) {
	c.mu.Lock()
	call, ok := c.calls[answer.ID]
	delete(c.calls, answer.ID)
	early := !ok && c.taking > 0
	if ok {
		call.answer <- answer
	} else if early {
		c.early[answer.ID] = answer
	}
	c.mu.Unlock()
	if !ok && !early { // its caller is gone
		answer.Close()
	}
}

// taking is a call on its way in.
type taking struct {
	native *C.br_exchange
	taken  chan taken
}

type taken struct {
	call *Call
	err  error
}

// Take puts a call on disk; ErrPass if it is none for a batch. Calls that are taken at once share one sync.
func (c *Capture) Take(exchange *Exchange) (*Call, error) {
	native, err := exchange.native()
	if err != nil {
		return nil, err
	}
	defer C.br_exchange_free(native)
	var got taken
	err = c.with(func() error {
		mine := &taking{native, make(chan taken, 1)}
		c.mu.Lock()
		c.queue = append(c.queue, mine)
		if !c.leading {
			c.leading = true
			go c.takeQueue()
		}
		c.mu.Unlock()
		got = <-mine.taken
		return got.err
	})
	return got.call, err
}

// takeQueue takes all that came meanwhile in one call of C, so that a thousand goroutines need one thread.
func (c *Capture) takeQueue() {
	for {
		c.mu.Lock()
		all := c.queue
		c.queue = nil
		c.leading = len(all) > 0
		if c.leading {
			c.taking++
		}
		c.mu.Unlock()
		if len(all) == 0 {
			return
		}
		ids, err := c.takeNative(all)
		calls := c.enter(ids)
		for i, each := range all {
			switch {
			case err != nil:
				each.taken <- taken{nil, err}
			case calls[i] == nil:
				each.taken <- taken{nil, ErrPass}
			default:
				each.taken <- taken{calls[i], nil}
			}
		}
	}
}

func (c *Capture) takeNative(all []*taking) ([]C.int64_t, error) {
	ids := make([]C.int64_t, len(all))
	var cause *C.br_error
	if len(all) == 1 {
		status := C.br_capture_take(c.native, all[0].native, nil, nil, nil, &ids[0], &cause)
		if status == C.BR_PASS {
			ids[0] = 0
		}
		return ids, failure(status, cause)
	}
	exchanges := make([]*C.br_exchange, len(all))
	for i, each := range all {
		exchanges[i] = each.native
	}
	status := C.br_capture_take_many(c.native, &exchanges[0], C.size_t(len(all)), &ids[0], &cause)
	return ids, failure(status, cause)
}

// enter makes a Call of each id but 0, and gives it the answer if that is there.
func (c *Capture) enter(ids []C.int64_t) []*Call {
	c.mu.Lock()
	calls := make([]*Call, len(ids))
	for i, id := range ids {
		if id == 0 {
			continue
		}
		call := &Call{ID: int64(id), capture: c, answer: make(chan *Answer, 1)}
		if answer, ok := c.early[call.ID]; ok {
			delete(c.early, call.ID)
			call.answer <- answer
		} else {
			c.calls[call.ID] = call
		}
		calls[i] = call
	}
	c.taking--
	gone := c.early // of callers who left
	if c.taking > 0 || len(gone) == 0 {
		gone = nil
	} else {
		c.early = make(map[int64]*Answer)
	}
	c.mu.Unlock()
	for _, answer := range gone {
		answer.Close()
	}
	return calls
}

// Do takes a call and waits for its answer; when ctx ends first, it leaves the call.
func (c *Capture) Do(ctx context.Context, exchange *Exchange) (*Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call, err := c.Take(exchange)
	if err != nil {
		return nil, err
	}
	return call.Wait(ctx)
}

// Wait waits for the answer, which one caller gets. When ctx ends first, the call is left. ErrClosed: the capture was
// closed; the call goes on, and is answered to the next one that asks the same.
func (c *Call) Wait(ctx context.Context) (*Answer, error) {
	select {
	case answer := <-c.answer:
		return answer, nil
	default:
	}
	select {
	case answer := <-c.answer:
		return answer, nil
	case <-ctx.Done():
		c.Leave()
		return nil, ctx.Err()
	case <-c.capture.done:
	}
	select {
	case answer := <-c.answer: // it came just before the end
		return answer, nil
	default:
	}
	c.capture.mu.Lock()
	defer c.capture.mu.Unlock()
	return nil, c.capture.err
}

// Leave says that nobody waits for the call any more. It stays in its batch, and the next call that asks the same takes
// its place.
func (c *Call) Leave() {
	c.capture.mu.Lock()
	delete(c.capture.calls, c.ID)
	c.capture.mu.Unlock()
	_ = c.capture.with(func() error {
		C.br_capture_leave(c.capture.native, C.int64_t(c.ID), nil) // BR_ENOTFOUND: the answer was here before
		return nil
	})
	select {
	case answer := <-c.answer:
		answer.Close()
	default:
	}
}

// JSON tells how the call stands: id, state, job_id, batch_id, since, expires_at; nil when nobody waits for it.
func (c *Call) JSON() (text []byte) {
	return c.capture.text(func(length *C.size_t) *C.char {
		return C.br_capture_call_json(c.capture.native, C.int64_t(c.ID), length)
	})
}

// Stats returns what goes on as JSON: calls held, queued and answered, what the cache saved, and the batches.
func (c *Capture) Stats() []byte {
	return c.text(func(length *C.size_t) *C.char { return C.br_capture_stats_json(c.native, length) })
}

// text copies what C lends to this thread until its next call, on which another goroutine may make that.
func (c *Capture) text(ask func(*C.size_t) *C.char) (text []byte) {
	_ = c.with(func() error {
		c.texts.Lock()
		defer c.texts.Unlock()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var length C.size_t
		if lent := ask(&length); lent != nil {
			text = C.GoBytes(unsafe.Pointer(lent), C.int(length))
		}
		return nil
	})
	return text
}

// with runs a call on the handle. A capture whose router is closed still has one.
func (c *Capture) with(use func() error) error {
	return c.core.with(func() error {
		c.life.RLock()
		defer c.life.RUnlock()
		if c.native == nil {
			return captureClosed()
		}
		return use()
	})
}

func captureClosed() error {
	return &Error{Code: ErrClosed, Message: "the capture is closed",
		Hint: "ask again with the next one: a call that was taken is kept, and is not paid twice", RetryAfter: -1}
}

func (c *Capture) free() {
	c.life.Lock()
	defer c.life.Unlock()
	C.br_capture_free(c.native)
	c.native = nil
	runtime.SetFinalizer(c, nil)
}

// Flush submits now what was collected.
func (c *Capture) Flush() error {
	return c.with(func() error {
		var cause *C.br_error
		return failure(C.br_capture_flush(c.native, &cause), cause)
	})
}

// Close is CloseWithin five seconds.
func (c *Capture) Close() error { return c.CloseWithin(closeTimeout) }

// CloseWithin takes no call any more, and submits what was collected; what is not submitted within that time is on disk,
// and goes with the next Capture. Less than 0: until all is submitted. Whoever waits for an answer that is not here gets
// ErrClosed. Closing again does nothing.
func (c *Capture) CloseWithin(timeout time.Duration) error {
	milliseconds := C.int64_t(-1)
	if timeout >= 0 {
		milliseconds = C.int64_t(timeout.Milliseconds())
	}
	var err error
	c.once.Do(func() {
		err = c.with(func() error {
			var cause *C.br_error
			return failure(C.br_capture_close(c.native, milliseconds, &cause), cause)
		})
		<-c.done
		c.free()
	})
	if errors.Is(err, ErrClosed) {
		return nil // with the router
	}
	return err
}
