//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"sync"
)

// outbox is what was fetched from C and not handed out yet. C hands out nothing twice, so whoever is told there that all
// was handed out first makes the others give back what they have: the end is told when nothing is left. A loop that ends
// gives back its rest, and what was given back is handed out first.
type outbox struct {
	mu       sync.Mutex // held while results are fetched and given back; before pull.mu
	pulls    map[*pull]struct{}
	returned map[string]int // by job: given back, and not fetched again
}

// pull is a block on its way to a function of the caller.
type pull struct {
	job string // "": of any

	mu      sync.Mutex
	block   *copiedBlock // nil: nothing was fetched
	results []Result     // all of it
	next    int          // the first that was not handed out
}

// take takes the first one; nil if there is none.
func (p *pull) take() *Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == p.block.live {
		return nil
	}
	p.next++
	return &p.results[p.next-1]
}

// unread is called with the lock held, and returns the job of each result that is left.
func (p *pull) unread() []string {
	if p.block == nil {
		return nil
	}
	return p.block.jobs(p.next)
}

// fetch runs a call that brings results without waiting, of a job ("": of any). look returns their jobs.
func (o *outbox) fetch(id string, call func() C.br_status, look func() []string) C.br_status {
	o.mu.Lock()
	defer o.mu.Unlock()
	status := call()
	if status == C.BR_END && o.reclaim(id) {
		status = call()
	}
	if len(o.returned) > 0 {
		for _, job := range look() {
			if o.returned[job]--; o.returned[job] <= 0 {
				delete(o.returned, job)
			}
		}
	}
	return status
}

// reclaim is called with the lock held.
func (o *outbox) reclaim(id string) (some bool) {
	for p := range o.pulls {
		if p.job == "" || id == "" || p.job == id {
			some = o.giveBack(p) || some
		}
	}
	return some
}

// giveBack is called with the lock held.
func (o *outbox) giveBack(p *pull) (some bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	jobs := p.unread()
	for _, job := range jobs {
		o.returned[job]++
	}
	if len(jobs) > 0 {
		p.block.giveBack(p.next)
	}
	return len(jobs) > 0
}

// unlessAhead runs a call that acknowledges all that C has handed out of a job, unless some of it was fetched or given
// back and nobody has seen it.
func (o *outbox) unlessAhead(id string, call func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	ahead := o.returned[id] > 0
	for p := range o.pulls {
		p.mu.Lock()
		for _, job := range p.unread() {
			ahead = ahead || job == id
		}
		p.mu.Unlock()
	}
	if ahead {
		return &Error{Code: ErrNotComplete, Message: "results of the job were fetched ahead that nobody has seen",
			Hint: "read them, or acknowledge one by one", RetryAfter: -1}
	}
	return call()
}

func (o *outbox) start(p *pull) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pulls[p] = struct{}{}
}

func (o *outbox) end(p *pull) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.giveBack(p)
	delete(o.pulls, p)
}

// pull hands results to yield until there are no more or it returns false, it panics, or ctx ends.
func (c *core) pull(ctx context.Context, job *Job, yield func(*Result) bool) error {
	p := new(pull)
	if job != nil {
		p.job = job.id
	}
	c.outbox.start(p)
	defer c.outbox.end(p)
	fetch := func(native *C.br_job) (status C.br_status, found bool, err error) {
		status = c.outbox.fetch(p.job, func() (status C.br_status) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.block, status, err = c.fetchBlock(func(into *C.brgo_block, err **C.br_error) C.br_status {
				return C.brgo_next(c.native, native, into, err)
			})
			if p.next = 0; p.block != nil {
				p.results = p.block.results()
			}
			return status
		}, p.unread)
		return status, p.block != nil, err
	}
	return c.rounds(ctx, job, fetch, func() error {
		for result := p.take(); result != nil; result = p.take() {
			if !yield(result) {
				return errStopped
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		p.block.settle()
		return nil
	})
}
