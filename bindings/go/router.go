//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/cgo"
	"time"
)

// Router is the engine and its state directory. Any goroutine may use it at any time.
type Router struct{ core *core }

var _ io.Closer = (*Router)(nil)

// New opens the state directory (made if missing), takes its lock, and goes on with every unfinished job unless the
// setting resume.auto is 0. ErrLocked: another process owns the directory.
func New(config Config) (*Router, error) {
	core, err := openCore(config)
	if err != nil {
		return nil, err
	}
	router := &Router{core}
	runtime.SetFinalizer(router, (*Router).leaked)
	return router, nil
}

// leaked reports a router that nobody can close any more. It closes nothing: that may block.
func (r *Router) leaked() {
	if r.core.config.Log != nil {
		go r.core.call(func() { r.core.config.Log(LogError, "a router was dropped without Close") })
	}
}

// Close stops the router, saves, and unlocks the state directory. Remote batches go on; the next New resumes them.
// Calls that wait return ErrClosed. It waits up to five seconds for exchanges with vendors under way, and as long for a
// callback under way, unless a callback calls it; no other callback runs after it. The first panic of a callback, if
// there was one, is returned as a *PanicError; else what acknowledgements failed of. Closing again does nothing.
// ErrInvalid: SupportsModel or Prepare of a provider called it; the router stays open.
func (r *Router) Close() error {
	err := r.core.close()
	if !errors.Is(err, ErrInvalid) {
		runtime.SetFinalizer(r, nil)
	}
	return err
}

// Submit validates all requests, writes the vendor's request files, and records the job: once it has returned, the job
// survives a crash. It does not wait for the network.
func (r *Router) Submit(ctx context.Context, batch *Batch) (*Job, error) {
	return r.SubmitFunc(ctx, batch, nil)
}

// SubmitFunc is Submit with a function that is called once when every request of the job has its result, or the job is
// blocked. It runs where Config.Event runs, and does not survive the process.
func (r *Router) SubmitFunc(ctx context.Context, batch *Batch, done func(*Job)) (*Job, error) {
	return r.core.begin(ctx, done, func(handle C.uintptr_t, job **C.br_job, err **C.br_error) (C.br_status, error) {
		native, failed := batch.native()
		if failed != nil {
			if handle != 0 {
				cgo.Handle(handle).Delete()
			}
			return C.BR_OK, failed
		}
		defer C.br_batch_free(native)
		return C.brgo_submit(r.core.native, native, handle, job, err), nil
	})
}

// begin makes a job with a call that takes a done callback.
func (c *core) begin(ctx context.Context, done func(*Job),
	call func(C.uintptr_t, **C.br_job, **C.br_error) (C.br_status, error)) (*Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var job *Job
	err := c.with(func() error {
		var handle C.uintptr_t
		if done != nil {
			handle = C.uintptr_t(cgo.NewHandle(&doneCall{c, done}))
		}
		var native *C.br_job
		var cause *C.br_error
		status, err := call(handle, &native, &cause)
		if err == nil {
			err = failure(status, cause)
		}
		if err != nil {
			return err
		}
		defer C.br_job_free(native)
		job = c.job(native)
		job.existed = status == C.BR_EXISTS
		return nil
	})
	return job, err
}

// Run submits the batches and waits until every job is done or blocked. After ctx has ended the jobs go on, and are
// returned with its error. ErrPartial: as SubmitAll; the others were waited for.
func (r *Router) Run(ctx context.Context, batches ...*Batch) ([]*Job, error) {
	jobs, err := r.SubmitAll(ctx, batches...)
	if err != nil && !errors.Is(err, ErrPartial) {
		return jobs, err
	}
	var begun []*Job
	for _, job := range jobs {
		if job != nil {
			begun = append(begun, job)
		}
	}
	if waited := r.WaitAll(ctx, begun...); err == nil {
		err = waited
	}
	return jobs, err
}

// Open returns the job of that id, from the state directory; ErrNotFound if there is none.
func (r *Router) Open(id string) (*Job, error) { return r.core.open(id) }

// Attach makes a job of a batch that was made elsewhere. Its results are the rows the vendor returns. Of a batch that a
// job has already that job is returned, and Existed says so.
func (r *Router) Attach(provider, batchID string) (job *Job, err error) {
	return r.attach(provider, batchID, func(provider, batchID *C.char, job **C.br_job, err **C.br_error) C.br_status {
		return C.br_attach(r.core.native, provider, batchID, job, err)
	})
}

// AttachWith is Attach with options from a batch without requests: "output" of Batch.Set, also for a job that is there
// already.
func (r *Router) AttachWith(provider, batchID string, options *Batch) (job *Job, err error) {
	if options == nil {
		return r.Attach(provider, batchID)
	}
	err = options.with(func(native *C.br_batch) error {
		job, err = r.attach(provider, batchID, func(provider, batchID *C.char, job **C.br_job, err **C.br_error) C.br_status {
			return C.br_attach_with(r.core.native, provider, batchID, native, job, err)
		})
		return err
	})
	return job, err
}

func (r *Router) attach(provider, batchID string,
	call func(provider, batchID *C.char, job **C.br_job, err **C.br_error) C.br_status) (job *Job, err error) {
	err = r.core.named([]string{provider, batchID}, func(n *names, cause **C.br_error) C.br_status {
		var native *C.br_job
		status := call(n.add(provider), n.add(batchID), &native, cause)
		if native != nil {
			defer C.br_job_free(native)
			job = r.core.job(native)
			job.existed = status == C.BR_EXISTS
		}
		return status
	})
	return job, err
}

// named runs a call whose texts are names.
func (c *core) named(texts []string, call func(*names, **C.br_error) C.br_status) error {
	if err := checkNames(texts...); err != nil {
		return err
	}
	return c.with(func() error {
		var n names
		defer n.free()
		var cause *C.br_error
		return failure(call(&n, &cause), cause)
	})
}

// Resume goes on with every unfinished job, when the setting resume.auto is 0 or after they were blocked.
func (r *Router) Resume() error {
	return r.core.with(func() error {
		var cause *C.br_error
		return failure(C.br_resume(r.core.native, nil, &cause), cause)
	})
}

// Jobs lists the jobs in the state directory, newest first; provider "" means all, limit 0 means all. Offline.
func (r *Router) Jobs(provider string, limit int) (jobs []*Job, err error) {
	err = r.core.named([]string{provider}, func(n *names, cause **C.br_error) C.br_status {
		var name *C.char
		if provider != "" {
			name = n.add(provider)
		}
		var list *C.br_job_list
		status := C.br_list(r.core.native, name, C.int64_t(limit), &list, cause)
		jobs = r.core.jobs(list)
		return status
	})
	return jobs, err
}

// RemoteJobs lists the newest batches at the vendor itself, whoever made them; Attach makes a job of one. Their ID is
// empty, the vendor's is in Status().BatchIDs. limit 0 means 100, which is the most. The call to the vendor that a ctx
// without a deadline leaves behind when it is cancelled ends by itself, at the latest after http.stall_timeout_ms.
func (r *Router) RemoteJobs(ctx context.Context, provider string, limit int) ([]*Job, error) {
	type answer struct {
		jobs []*Job
		err  error
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answered := make(chan answer, 1)
	if err := checkNames(provider); err != nil {
		return nil, err
	}
	if err := r.core.enter(); err != nil {
		return nil, err
	}
	timeout := C.int64_t(-1)
	if deadline, ok := ctx.Deadline(); ok {
		timeout = C.int64_t(time.Until(deadline).Milliseconds()) + 1
	}
	go func() { // nothing else ends this call but the vendor's answer or Close, so Close does not wait for it
		defer r.core.leave()
		var n names
		defer n.free()
		var list *C.br_job_list
		var cause *C.br_error
		status := C.br_list_remote(r.core.native, n.add(provider), C.int64_t(limit), timeout, &list, &cause)
		answered <- answer{r.core.jobs(list), failure(status, cause)}
	}()
	select {
	case got := <-answered:
		if errors.Is(got.err, ErrTimeout) && timeout >= 0 {
			return nil, context.DeadlineExceeded
		}
		return got.jobs, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// jobs reads a list, and frees it.
func (c *core) jobs(list *C.br_job_list) []*Job {
	defer C.br_job_list_free(list)
	all := make([]*Job, C.br_job_list_count(list))
	for i := range all {
		all[i] = c.job(C.br_job_list_get(list, C.size_t(i)))
	}
	return all
}

// Stats returns counters of this process as JSON: requests, retries, jobs, results.
func (r *Router) Stats() (stats []byte) {
	_ = r.core.with(func() error {
		r.core.mu.Lock() // the text is borrowed until the next call
		defer r.core.mu.Unlock()
		var length C.size_t
		text := C.br_stats_json(r.core.native, &length)
		stats = []byte(C.GoStringN(text, C.int(length)))
		return nil
	})
	return stats
}

// Run asks the requests of a batch and hands every answer to each: it opens a router, submits, waits, and closes. A
// result for which each returns nil is acknowledged. An error of each ends the work: that result was not taken, and comes
// again, so return nil for an answer that is an error itself (Result.Err), and ask it again with Job.Retry. When the
// process dies before the job is done, the same call goes on with that job; Router.Jobs finds one that was done.
func Run(ctx context.Context, config Config, batch *Batch, each func(*Result) error) error {
	router, err := New(config)
	if err != nil {
		return err
	}
	defer router.Close()
	again := *batch
	again.parts = append(again.parts[:len(again.parts):len(again.parts)], NewBatch("").Set("continue", "1").parts...)
	job, err := router.Submit(ctx, &again)
	if err != nil {
		return err
	}
	if err := job.Each(ctx, each); err != nil {
		return err
	}
	return router.Close()
}
