//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"io"
)

// Order is the order of stored results.
type Order int32

const (
	OrderArrival Order = C.BR_ORDER_ARRIVAL // as they arrived, batch by batch
	OrderInput   Order = C.BR_ORDER_INPUT   // as the requests were given; takes 32 bytes of memory for each
)

// rounds fetches and hands out, one after the other, until there is nothing more to come. No call into C is under way
// while hand runs.
func (c *core) rounds(ctx context.Context, job *Job,
	fetch func(*C.br_job) (status C.br_status, found bool, err error), hand func() error) error {
	id := ""
	var native *C.br_job
	if job != nil {
		var err error
		if native, err = job.open(); err != nil {
			return err
		}
		defer C.br_job_free(native)
		id = job.id
	}
	for {
		var status C.br_status
		found := false
		err := c.await(ctx, id, func() (bool, error) {
			err := c.with(func() (err error) {
				status, found, err = fetch(native)
				return err
			})
			return found || status == C.BR_END, err
		})
		if err == nil && found {
			err = hand()
		} else if err == nil && job != nil {
			return job.Wait(ctx) // the last result may be here before the job is done
		}
		if err == errStopped {
			return nil
		}
		if err != nil || !found {
			return err
		}
	}
}

var errStopped = errors.New("stopped")

// Each hands every result of the job that was not handed out yet to each, as they arrive, and returns after the last. A
// result for which each returns nil is acknowledged. An error of each ends the work and is returned; so does a job that
// is blocked (with the reason) and the end of ctx.
func (j *Job) Each(ctx context.Context, each func(*Result) error) error {
	return j.core.acknowledging(each, func(yield func(*Result) bool) error {
		err := j.core.pull(ctx, j, yield)
		if err != nil {
			_ = j.Update() // so that Status tells of what ended it; err is what the caller needs
		}
		return err
	})
}

// Each is Job.Each for all jobs of the router; it returns when none is unfinished.
func (r *Router) Each(ctx context.Context, each func(*Result) error) error {
	return r.core.acknowledging(each, func(yield func(*Result) bool) error { return r.core.pull(ctx, nil, yield) })
}

func (c *core) acknowledging(each func(*Result) error, pull func(func(*Result) bool) error) error {
	var failed error
	err := pull(func(result *Result) bool {
		if failed = each(result); failed == nil {
			failed = result.Ack()
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// stored opens a cursor over all results of a job that is done.
func (j *Job) stored(order Order, use func(*C.br_results) error) error {
	return j.with(func(native *C.br_job) error {
		var results *C.br_results
		var cause *C.br_error
		if err := failure(C.br_results_open(native, &results, &cause), cause); err != nil {
			return err
		}
		defer C.br_results_free(results)
		if order != OrderArrival {
			if err := failure(C.br_results_set_order(results, C.int32_t(order), &cause), cause); err != nil {
				return err
			}
		}
		return use(results)
	})
}

// EachStored hands all results of a job that is done to each, from the first, as often as it is called, apart from what
// Each hands out. Nothing is acknowledged.
func (j *Job) EachStored(order Order, each func(*Result) error) error {
	return j.stored(order, func(native *C.br_results) error {
		for {
			b, status, err := j.core.fetchBlock(func(into *C.brgo_block, err **C.br_error) C.br_status {
				return C.brgo_stored(native, into, err)
			})
			if err != nil || status == C.BR_END {
				return err
			}
			b.stored = true
			results := b.results()
			for i := range results {
				if err := each(&results[i]); err != nil {
					return err
				}
			}
			b.settle()
		}
	})
}

// WriteResults writes all results of a job that is done as unified lines, and counts them and those that failed.
func (j *Job) WriteResults(out io.Writer, order Order) (rows, failed int64, err error) {
	err = j.stored(order, func(native *C.br_results) error {
		var count, bad C.int64_t
		err := writing(out, func(handle C.uintptr_t) error {
			var cause *C.br_error
			return failure(C.brgo_write_results(native, handle, &count, &bad, &cause), cause)
		})
		rows, failed = int64(count), int64(bad)
		return err
	})
	return rows, failed, err
}
