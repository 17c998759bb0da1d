//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"sync"
)

// pull is results on their way to a function of the caller. They were fetched from C, which hands out nothing twice, so
// whoever looks for results and finds none in C takes them from here: the end is told when nothing is left anywhere.
type pull struct {
	job      string // "": of any
	fetching bool   // guarded by core.mu: a call of C may be bringing results

	mu     sync.Mutex // after core.mu
	unread []Result   // fetched, and not handed out yet
}

// next takes the first one; nil if there is none.
func (p *pull) next() *Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unread) == 0 {
		return nil
	}
	first := &p.unread[0]
	p.unread = p.unread[1:]
	return first
}

// covers says that results of the job ("": of some job) may be on their way there.
func (p *pull) covers(id string) bool { return p.job == "" || id == "" || p.job == id }

// has says that there is a result of the job.
func (p *pull) has(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.unread {
		if p.unread[i].JobID() == id {
			return true
		}
	}
	return false
}

// give gives the half of what there is of a job ("": of any), the last ones: the first will be handed out soon.
func (p *pull) give(id string) (given []Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id == "" || p.job == id {
		half := len(p.unread) / 2
		given = append(given, p.unread[half:]...)
		p.unread = p.unread[:half:half]
		return given
	}
	var others []Result
	for _, result := range p.unread {
		if result.JobID() == id {
			given = append(given, result)
		} else {
			others = append(others, result)
		}
	}
	if len(given) > 0 {
		p.unread = others
	}
	return given
}

// pull hands results to yield, in blocks, until there are no more or it returns false. What it did not hand out of a
// block is kept for the next pull, and for those that wait.
func (c *core) pull(ctx context.Context, job *Job, yield func(*Result) bool) error {
	p := new(pull)
	if job != nil {
		p.job = job.id
	}
	c.startPull(p)
	defer c.endPull(p)
	var results []Result
	fetch := func(id string, native *C.br_job) (found, ended bool, err error) {
		if results = c.kept(p); len(results) > 0 {
			return true, false, nil
		}
		var status C.br_status
		results, status, err = c.fetchFor(p, native)
		switch {
		case len(results) > 0:
			return true, false, nil
		case status == C.BR_END:
			return c.others(p, &results)
		}
		return c.nothing(job, native, status, err)
	}
	return c.rounds(ctx, job, fetch, func() error {
		if err := c.hand(ctx, p, yield); err != nil {
			return err
		}
		settle(results)
		return nil
	})
}

// fetchFor fetches a block for a pull. While somebody acknowledges all that was handed out, nothing is fetched that
// nobody has seen.
func (c *core) fetchFor(p *pull, native *C.br_job) ([]Result, C.br_status, error) {
	nested := isInside()
	c.mu.Lock()
	for c.acking > 0 && !nested {
		c.settled.Wait()
	}
	p.fetching = true
	c.mu.Unlock()
	b, status, err := c.fetchBlock(func(into *C.brgo_block, err **C.br_error) C.br_status {
		return C.brgo_next(c.native, native, into, err)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	p.fetching = false
	c.settled.Broadcast()
	if b == nil {
		return nil, status, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unread = b.results()
	return p.unread, status, nil
}

// others is asked when C has nothing more: what others have fetched and not handed out is as good. ended: there is
// nothing; neither: one of them may just be getting something, so look again.
func (c *core) others(p *pull, results *[]Result) (found, ended bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*results = c.someLeft(p.job)
	ended = true
	for other := range c.pulls {
		if len(*results) > 0 {
			break
		}
		if other == p || !other.covers(p.job) {
			continue
		}
		if ended = ended && !other.fetching; !other.fetching {
			*results = other.give(p.job)
		}
	}
	if len(*results) == 0 {
		return false, ended, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unread = *results
	return true, false, nil
}

// hand gives results to yield, and keeps the rest when that stops, panics, or ctx ends.
func (c *core) hand(ctx context.Context, p *pull, yield func(*Result) bool) error {
	defer c.keep(p)
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		result := p.next()
		if result == nil {
			return nil
		}
		if !yield(result) {
			return errStopped
		}
	}
}

func (c *core) startPull(p *pull) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulls[p] = struct{}{}
}

func (c *core) endPull(p *pull) {
	c.keep(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pulls, p)
}

// isAhead says that results of the job were fetched that nobody has seen.
func (c *core) isAhead(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for p := range c.pulls {
		if p.covers(id) && p.has(id) {
			return true
		}
	}
	return len(c.left[id]) > 0
}

// acknowledgingAll runs a call that acknowledges all that C has handed out, when nothing is on its way that nobody has
// seen.
func (c *core) acknowledgingAll(call func() error) error {
	nested := isInside()
	c.mu.Lock()
	c.acking++
	for c.isFetching() && !nested {
		c.settled.Wait()
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.acking--
		c.settled.Broadcast()
	}()
	return call()
}

// isFetching is called with the lock held.
func (c *core) isFetching() bool {
	for p := range c.pulls {
		if p.fetching {
			return true
		}
	}
	return false
}

// keep holds the rest of a pull for the next one, and wakes those that wait for results.
func (c *core) keep(p *pull) {
	ids := c.putBack(p)
	for id := range ids {
		c.wake(id)
	}
}

func (c *core) putBack(p *pull) (ids map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	ids = make(map[string]bool)
	for _, result := range p.unread {
		id := result.JobID()
		c.left[id] = append(c.left[id], result)
		ids[id] = true
	}
	p.unread = nil
	return ids
}

// kept gives a pull what others have left.
func (c *core) kept(p *pull) []Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := c.someLeft(p.job)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unread = results
	return results
}

// someLeft takes what was left of a job (id "": of some job), as much as a block has. It is called with the lock held.
func (c *core) someLeft(id string) (results []Result) {
	if id == "" {
		for some := range c.left {
			id = some
			break
		}
	}
	results = c.left[id]
	if len(results) > C.BRGO_BLOCK {
		results, c.left[id] = results[:C.BRGO_BLOCK:C.BRGO_BLOCK], results[C.BRGO_BLOCK:]
	} else {
		delete(c.left, id)
	}
	return results
}

// forgetLeft is called when the router is closed: they come again from the next one.
func (c *core) forgetLeft() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = make(map[string][]Result)
}
