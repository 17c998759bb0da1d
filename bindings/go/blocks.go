//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import "context"

// pullBlocks hands blocks to yield until there are no more or it returns false. It holds nothing that it did not hand out.
func (c *core) pullBlocks(ctx context.Context, job *Job, yield func(*Block) bool) error {
	view, err := newView()
	if err != nil {
		return err
	}
	defer C.brgo_view_free(view)
	id := ""
	if job != nil {
		id = job.id
	}
	fetch := func(native *C.br_job) (status C.br_status, found bool, err error) {
		var cause *C.br_error
		status = c.outbox.fetch(id, func() C.br_status { return C.brgo_view_next(c.native, native, view, &cause) },
			func() (jobs []string) {
				b := &Block{core: c, native: view}
				for i := 0; i < b.Len(); i++ {
					jobs = append(jobs, string(b.At(i).JobID()))
				}
				return jobs
			})
		return status, view.block.count > 0, failure(status, cause)
	}
	return c.rounds(ctx, job, fetch, func() error { return (&Block{core: c, native: view}).hand(yield) })
}

func newView() (*C.brgo_view, error) {
	view := C.brgo_view_new()
	if view == nil {
		return nil, failure(C.BR_ENOMEM, nil)
	}
	return view, nil
}

// hand ends the turn of the block also when yield panics.
func (b *Block) hand(yield func(*Block) bool) error {
	defer b.end()
	if !yield(b) {
		return errStopped
	}
	return nil
}

// EachBlock is Each in blocks: the results are read where they lie, and all of a block for which each returns nil are
// acknowledged in one call of C.
func (j *Job) EachBlock(ctx context.Context, each func(*Block) error) error {
	err := j.core.eachBlock(ctx, j, each)
	if err != nil {
		_ = j.Update() // so that Status tells of what ended it; err is what the caller needs
	}
	return err
}

// EachBlock is Job.EachBlock for all jobs of the router; it returns when none is unfinished.
func (r *Router) EachBlock(ctx context.Context, each func(*Block) error) error {
	return r.core.eachBlock(ctx, nil, each)
}

func (c *core) eachBlock(ctx context.Context, job *Job, each func(*Block) error) error {
	var failed error
	err := c.pullBlocks(ctx, job, func(b *Block) bool {
		if failed = each(b); failed == nil {
			failed = b.Ack()
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// EachStoredBlock is EachStored in blocks.
func (j *Job) EachStoredBlock(order Order, each func(*Block) error) error {
	view, err := newView()
	if err != nil {
		return err
	}
	defer C.brgo_view_free(view)
	return j.stored(order, func(native *C.br_results) error {
		for {
			var cause *C.br_error
			status := C.brgo_view_stored(native, view, &cause)
			if err := failure(status, cause); err != nil || status == C.BR_END {
				return err
			}
			var failed error
			b := &Block{core: j.core, native: view}
			_ = b.hand(func(b *Block) bool { failed = each(b); return false })
			if failed != nil {
				return failed
			}
		}
	})
}
