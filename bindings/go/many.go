//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
)

// SubmitAll submits several batches: all are validated first, and nothing is sent if any is wrong. ErrPartial: some could
// not be recorded; their jobs are nil. Error.Errors says of each batch what is wrong with it, whatever the error.
func (r *Router) SubmitAll(ctx context.Context, batches ...*Batch) ([]*Job, error) {
	if err := ctx.Err(); err != nil || len(batches) == 0 {
		return nil, err
	}
	natives := make([]*C.br_batch, 0, len(batches))
	defer func() {
		for _, native := range natives {
			C.br_batch_free(native)
		}
	}()
	for _, batch := range batches {
		native, err := batch.native()
		if err != nil {
			return nil, err
		}
		natives = append(natives, native)
	}
	jobs := make([]*Job, len(batches))
	err := r.core.with(func() error {
		handles := make([]*C.br_job, len(batches))
		causes := make([]*C.br_error, len(batches))
		var cause *C.br_error
		count := C.size_t(len(batches))
		status := C.br_submit_many(r.core.native, &natives[0], count, &handles[0], &causes[0], &cause)
		for i, handle := range handles {
			if handle != nil {
				jobs[i] = r.core.job(handle)
				C.br_job_free(handle)
			}
		}
		return partial(failure(status, cause), causes)
	})
	return jobs, err
}

// partial puts the errors of several operations into the error of all; it frees them.
func partial(err error, causes []*C.br_error) error {
	var all *Error
	_ = errors.As(err, &all)
	for i, cause := range causes {
		if cause == nil {
			continue
		}
		if all != nil {
			if all.Errors == nil {
				all.Errors = make([]error, len(causes))
			}
			all.Errors[i] = readError(cause)
		}
		C.br_error_free(cause)
	}
	return err
}

// withJobs runs use on the C jobs of all jobs, and takes the snapshots it leaves.
func (r *Router) withJobs(jobs []*Job, use func(natives **C.br_job, count C.size_t) error) error {
	return r.core.with(func() error {
		natives := make([]*C.br_job, len(jobs))
		var n names
		defer n.free()
		for i, job := range jobs {
			if job == nil {
				return &Error{Code: ErrInvalid, Message: fmt.Sprintf("jobs[%d] is nil: its batch was not submitted", i),
					Hint: "leave it out", RetryAfter: -1}
			}
			if err := checkNames(job.id); err != nil {
				return err
			}
			var cause *C.br_error
			if err := failure(C.br_job_open(r.core.native, n.add(job.id), &natives[i], &cause), cause); err != nil {
				return err
			}
			defer C.br_job_free(natives[i])
		}
		err := use(&natives[0], C.size_t(len(jobs)))
		for i, job := range jobs {
			job.read(natives[i])
		}
		return err
	})
}

// WaitAll waits until every job is done or blocked. ctx says how long to wait.
func (r *Router) WaitAll(ctx context.Context, jobs ...*Job) error {
	if len(jobs) == 0 {
		return ctx.Err()
	}
	return r.core.await(ctx, "", func() (bool, error) {
		status := C.br_status(C.BR_AGAIN)
		err := r.withJobs(jobs, func(natives **C.br_job, count C.size_t) error {
			var cause *C.br_error
			status = C.br_wait_many(r.core.native, natives, count, 0, &cause)
			return failure(status, cause)
		})
		if errors.Is(err, ErrTimeout) {
			return false, nil
		}
		return status != C.BR_AGAIN, err
	})
}

// RefreshAll asks the vendors about all jobs at once. ErrPartial: some could not be asked, see Error.Errors.
func (r *Router) RefreshAll(ctx context.Context, jobs ...*Job) error {
	if len(jobs) == 0 {
		return ctx.Err()
	}
	return r.core.interruptible(ctx, func(since C.int64_t) error {
		return r.withJobs(jobs, func(natives **C.br_job, count C.size_t) error {
			causes := make([]*C.br_error, len(jobs))
			var cause *C.br_error
			status := C.brgo_refresh_many(r.core.native, since, natives, count, &causes[0], &cause)
			return partial(answered(status, cause), causes)
		})
	})
}

// CancelAll cancels all jobs at once; taken[i] is as Job.Cancel returns it. ErrPartial: see Error.Errors.
func (r *Router) CancelAll(ctx context.Context, jobs ...*Job) (taken []bool, err error) {
	if len(jobs) == 0 {
		return nil, ctx.Err()
	}
	taken = make([]bool, len(jobs))
	err = r.core.interruptible(ctx, func(since C.int64_t) error {
		return r.withJobs(jobs, func(natives **C.br_job, count C.size_t) error {
			causes := make([]*C.br_error, len(jobs))
			cancelled := make([]C.int32_t, len(jobs))
			var cause *C.br_error
			status := C.brgo_cancel_many(r.core.native, since, natives, count, &cancelled[0], &causes[0], &cause)
			for i := range cancelled {
				taken[i] = cancelled[i] != 0
			}
			return partial(answered(status, cause), causes)
		})
	})
	return taken, err
}
