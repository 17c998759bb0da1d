//go:build cgo

package batchrouter

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"runtime/cgo"
	"sync"
	"unsafe"
)

// Job is one submitted batch. It is ordinary memory: nothing has to be closed. Any goroutine may use it at any time.
type Job struct {
	core    *core
	id      string
	existed bool

	mu     sync.Mutex
	status Status
}

// job reads a C job; the handle stays the caller's.
func (c *core) job(native *C.br_job) *Job {
	job := &Job{core: c, id: optional(C.br_job_id(native))}
	job.read(native)
	return job
}

func (c *core) open(id string) (job *Job, err error) {
	job = &Job{core: c, id: id}
	if err := job.with(func(*C.br_job) error { return nil }); err != nil {
		return nil, err
	}
	return job, nil
}

// open returns the C job; the caller frees it.
func (j *Job) open() (native *C.br_job, err error) {
	err = j.core.named([]string{j.id}, func(n *names, cause **C.br_error) C.br_status {
		return C.br_job_open(j.core.native, n.add(j.id), &native, cause)
	})
	return native, err
}

// with runs use on a C job, and takes the snapshot it leaves.
func (j *Job) with(use func(*C.br_job) error) error {
	return j.core.with(func() error {
		native, err := j.open()
		if err != nil {
			return err
		}
		defer C.br_job_free(native)
		err = use(native)
		j.read(native)
		return err
	})
}

// ID returns the job's id, by which Router.Open finds it.
func (j *Job) ID() string { return j.id }

// Existed says that Submit continued an unfinished job with the same content instead of making a new one.
func (j *Job) Existed() bool { return j.existed }

// Status returns the newest snapshot that this Job has seen. Update, Refresh and every wait take a new one.
func (j *Job) Status() Status {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.status
}

// Counts returns the counters of the newest snapshot.
func (j *Job) Counts() Counts { return j.Status().Counts }

// read takes the newest snapshot. Several goroutines that read one after the other see the job go on, never back.
func (j *Job) read(native *C.br_job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	C.br_job_update(native, nil) // of a closed router there is no newer one
	var length C.size_t
	text := C.br_job_json(native, &length)
	count := func(which C.int32_t) int64 { return int64(C.br_job_count(native, which)) }
	status := Status{
		ID:         optional(C.br_job_id(native)),
		Provider:   optional(C.br_job_provider(native)),
		Parent:     optional(C.br_job_parent(native)),
		Name:       optional(C.br_job_name(native)),
		Output:     optional(C.br_job_output(native)),
		BaseURL:    optional(C.br_job_base_url(native)),
		Attempt:    int(C.br_job_attempt(native)),
		State:      State(C.br_job_state(native)),
		Submission: Submission(C.br_job_submission(native)),
		Done:       C.br_job_is_done(native) != 0,
		Blocked:    C.br_job_is_blocked(native) != 0,
		Counts: Counts{
			Total:      count(C.BR_COUNT_TOTAL),
			Succeeded:  count(C.BR_COUNT_SUCCEEDED),
			Errored:    count(C.BR_COUNT_ERRORED),
			Processing: count(C.BR_COUNT_PROCESSING),
			Cancelled:  count(C.BR_COUNT_CANCELLED),
			Expired:    count(C.BR_COUNT_EXPIRED),
			Delivered:  count(C.BR_COUNT_DELIVERED),
			Acked:      count(C.BR_COUNT_ACKED),
		},
		Created:   timeOf(C.br_job_time(native, C.BR_TIME_CREATED)),
		Submitted: timeOf(C.br_job_time(native, C.BR_TIME_SUBMITTED)),
		Completed: timeOf(C.br_job_time(native, C.BR_TIME_COMPLETED)),
		Expires:   timeOf(C.br_job_time(native, C.BR_TIME_EXPIRES)),
		Recorded:  timeOf(C.br_job_time(native, C.BR_TIME_RECORDED)),
		DoneAt:    timeOf(C.br_job_time(native, C.BR_TIME_DONE)),
		JSON:      []byte(C.GoStringN(text, C.int(length))),
	}
	for i := C.size_t(0); i < C.br_job_batch_count(native); i++ {
		status.BatchIDs = append(status.BatchIDs, optional(C.br_job_batch_id(native, i)))
	}
	if code := Code(C.br_job_error_code(native)); code != 0 {
		reason := &Error{Code: code, Message: optional(C.br_job_error_message(native)), Provider: status.Provider}
		if reason.RetryAfter = -1; status.Blocked {
			reason.Hint = "mend the reason, then call Resume"
		}
		status.Err = reason
	}
	j.status = status
}

// Update takes a new snapshot from the router, without asking the vendor.
func (j *Job) Update() error {
	return j.with(func(native *C.br_job) error {
		var cause *C.br_error
		return failure(C.br_job_update(native, &cause), cause)
	})
}

// Refresh asks the vendor once for each remote batch that has not ended.
func (j *Job) Refresh(ctx context.Context) error {
	return j.core.interruptible(ctx, func(since C.int64_t) error {
		return j.with(func(native *C.br_job) error {
			var cause *C.br_error
			return answered(C.brgo_refresh(j.core.native, since, native, &cause), cause)
		})
	})
}

// Wait waits until the job is done or blocked: nil in both cases, Status tells which. ctx says how long to wait; when
// it ends its error is returned, and the job goes on.
func (j *Job) Wait(ctx context.Context) error {
	return j.await(ctx, func(native *C.br_job, err **C.br_error) C.br_status { return C.br_job_wait(native, 0, err) })
}

// WaitSubmitted waits until every remote batch was accepted by the vendor, was refused, or has an outcome that is not
// known (ErrUnknown).
func (j *Job) WaitSubmitted(ctx context.Context) error {
	return j.await(ctx, func(native *C.br_job, err **C.br_error) C.br_status {
		return C.br_job_wait_submitted(native, 0, err)
	})
}

func (j *Job) await(ctx context.Context, wait func(*C.br_job, **C.br_error) C.br_status) error {
	return j.core.await(ctx, j.id, func() (bool, error) {
		status := C.br_status(C.BR_AGAIN)
		err := j.with(func(native *C.br_job) error {
			var cause *C.br_error
			status = wait(native, &cause)
			return failure(status, cause)
		})
		if errors.Is(err, ErrTimeout) {
			return false, nil
		}
		return status != C.BR_AGAIN, err
	})
}

// Cancel asks the vendor to stop. It returns true when the vendor took the request, false when the job had already
// ended. Finished requests keep their results.
func (j *Job) Cancel(ctx context.Context) (taken bool, err error) {
	err = j.core.interruptible(ctx, func(since C.int64_t) error {
		return j.with(func(native *C.br_job) error {
			var cause *C.br_error
			var cancelled C.int32_t
			defer func() { taken = cancelled != 0 }()
			return answered(C.brgo_cancel(j.core.native, since, native, &cancelled, &cause), cause)
		})
	})
	return taken, err
}

// Adopt says, for a person who has looked at the vendor's console, that the vendor's batch of that id is remote batch part
// (from 0) of the job, of which nobody knows whether it was submitted. Nothing is sent. ErrInvalid: nothing about the part
// is in doubt. ErrAlready: another job has the batch.
func (j *Job) Adopt(part int, batchID string) error {
	if part > math.MaxInt32 {
		part = math.MaxInt32
	}
	if err := checkNames(batchID); err != nil {
		return err
	}
	return j.with(func(native *C.br_job) error {
		var n names
		defer n.free()
		var cause *C.br_error
		return failure(C.br_job_adopt(native, C.int32_t(part), n.add(batchID), &cause), cause)
	})
}

// Abandon gives up what is in doubt of the job or blocked: those remote batches end, their requests without an answer get a
// result of type "abandoned", and nothing is sent. ErrInvalid: nothing is in doubt or blocked.
func (j *Job) Abandon() error {
	return j.with(func(native *C.br_job) error {
		var cause *C.br_error
		return failure(C.br_job_abandon(native, &cause), cause)
	})
}

// Refetch downloads the results of a job that is done once more: those of type "missing", "malformed" and "results_gone"
// change into the vendor's answer where there is one by now, and are handed out again. It returns how many changed.
func (j *Job) Refetch(ctx context.Context) (changed int64, err error) {
	err = j.core.interruptible(ctx, func(since C.int64_t) error {
		return j.with(func(native *C.br_job) error {
			var count C.int64_t
			var cause *C.br_error
			err := answered(C.brgo_refetch(j.core.native, since, native, &count, &cause), cause)
			changed = int64(count)
			return err
		})
	})
	j.core.wake(j.id) // meanwhile nothing was handed out
	return changed, err
}

// Raw returns the vendor's own object of that remote batch (from 0, as Status.BatchIDs), as its newest answer had it; nil
// where there is none: the vendor has not accepted it, or its object is larger than 64 KiB.
func (j *Job) Raw(batch int) (raw json.RawMessage, err error) {
	if batch < 0 {
		return nil, nil
	}
	err = j.with(func(native *C.br_job) error {
		C.br_job_update(native, nil) // the newest snapshot, as Status shows it
		var length C.size_t
		if text := C.br_job_raw(native, C.size_t(batch), &length); text != nil {
			raw = C.GoBytes(unsafe.Pointer(text), C.int(length))
		}
		return nil
	})
	return raw, err
}

// ResultRaw returns the vendor's own row behind the result of that id, see Result.Raw.
func (j *Job) ResultRaw(customID string) (raw []byte, err error) {
	err = j.core.with(func() error {
		native, err := j.open()
		if err != nil {
			return err
		}
		defer C.br_job_free(native)
		id := C.CString(customID)
		defer C.free(unsafe.Pointer(id))
		var row *C.char
		var length C.size_t
		var cause *C.br_error
		status := C.br_job_result_raw(native, id, C.size_t(len(customID)), &row, &length, &cause)
		raw = rowOf(row, length)
		return failure(status, cause)
	})
	return raw, err
}

func rowOf(row *C.char, length C.size_t) []byte {
	if row == nil {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(row), C.int(length))
}

// Resume goes on with the job when the setting resume.auto is 0, or after it was blocked.
func (j *Job) Resume() error {
	return j.with(func(native *C.br_job) error {
		var cause *C.br_error
		return failure(C.br_resume(j.core.native, native, &cause), cause)
	})
}

// Remove forgets a job that is done or was never sent, and deletes its files.
func (j *Job) Remove() error {
	defer j.core.wake(j.id) // it is no event
	return j.with(func(native *C.br_job) error {
		var cause *C.br_error
		return failure(C.br_job_remove(native, &cause), cause)
	})
}

// Retry makes a new job of the requests that did not succeed, or goes on with an unfinished one that did so before, which
// Existed tells. ErrNotFound: all of them did.
func (j *Job) Retry(ctx context.Context) (*Job, error) { return j.RetryFunc(ctx, nil) }

// RetryFunc is Retry with a function for the end of the new job, see Router.SubmitFunc.
func (j *Job) RetryFunc(ctx context.Context, done func(*Job)) (*Job, error) {
	return j.retry(ctx, nil, done)
}

// RetryWith is RetryFunc with options from a batch without requests: "output", "finished" and "again" of Batch.Set. done
// may be nil.
func (j *Job) RetryWith(ctx context.Context, options *Batch, done func(*Job)) (job *Job, err error) {
	if options == nil {
		return j.RetryFunc(ctx, done)
	}
	err = options.with(func(native *C.br_batch) error {
		job, err = j.retry(ctx, native, done)
		return err
	})
	return job, err
}

func (j *Job) retry(ctx context.Context, options *C.br_batch, done func(*Job)) (*Job, error) {
	return j.core.begin(ctx, done, func(handle C.uintptr_t, job **C.br_job, err **C.br_error) (C.br_status, error) {
		begun := false
		var status C.br_status
		failed := j.with(func(native *C.br_job) error {
			begun = true
			status = C.brgo_retry(j.core.native, native, options, handle, job, err)
			return nil
		})
		if !begun && handle != 0 {
			cgo.Handle(handle).Delete()
		}
		return status, failed
	})
}

// WriteFailed writes the unified lines of the requests that did not succeed, ready to be submitted, and counts them.
func (j *Job) WriteFailed(out io.Writer) (rows int64, err error) {
	err = j.with(func(native *C.br_job) error {
		var count C.int64_t
		err := writing(out, func(handle C.uintptr_t) error {
			var cause *C.br_error
			return failure(C.brgo_write_failed(native, handle, &count, &cause), cause)
		})
		rows = int64(count)
		return err
	})
	return rows, err
}

// AckAll acknowledges every result of a job that is done, however it was read; of one that goes on, those that were
// handed out. ErrNotComplete: a loop that stopped or is under way has fetched results that nobody has seen. It returns
// when that is on disk.
func (j *Job) AckAll() error {
	defer j.core.wake(j.id) // meanwhile nothing was handed out
	return j.core.outbox.unlessAhead(j.id, func() error {
		return j.with(func(native *C.br_job) error {
			var cause *C.br_error
			return failure(C.br_job_ack_all(native, &cause), cause)
		})
	})
}
