//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"io"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// EventKind says what happened to a job.
type EventKind int32

const (
	EventState           EventKind = C.BR_EVENT_STATE
	EventProgress        EventKind = C.BR_EVENT_PROGRESS
	EventBatchSubmitting EventKind = C.BR_EVENT_BATCH_SUBMITTING
	EventBatchSubmitted  EventKind = C.BR_EVENT_BATCH_SUBMITTED
	EventBatchPolled     EventKind = C.BR_EVENT_BATCH_POLLED
	EventBatchEnded      EventKind = C.BR_EVENT_BATCH_ENDED
	EventRetry           EventKind = C.BR_EVENT_RETRY
	EventUnknown         EventKind = C.BR_EVENT_UNKNOWN
	EventAdopted         EventKind = C.BR_EVENT_ADOPTED
	EventResent          EventKind = C.BR_EVENT_RESENT
	EventBlocked         EventKind = C.BR_EVENT_BLOCKED
	EventUnknownID       EventKind = C.BR_EVENT_UNKNOWN_ID
	EventDuplicateRow    EventKind = C.BR_EVENT_DUPLICATE_ROW
	EventMalformedRow    EventKind = C.BR_EVENT_MALFORMED_ROW
	EventMissingResults  EventKind = C.BR_EVENT_MISSING_RESULTS
	EventResultsReady    EventKind = C.BR_EVENT_RESULTS_READY
	EventJobDone         EventKind = C.BR_EVENT_JOB_DONE
	EventWarning         EventKind = C.BR_EVENT_WARNING
	EventRequestsQueued  EventKind = C.BR_EVENT_REQUESTS_QUEUED
	EventBatchProcessing EventKind = C.BR_EVENT_BATCH_PROCESSING
	EventBatchFailed     EventKind = C.BR_EVENT_BATCH_FAILED
	// The next three are a Capture's; a router alone never tells them.
	EventCacheHitRouted       EventKind = C.BR_EVENT_CACHE_HIT_ROUTED
	EventWindowTimerError     EventKind = C.BR_EVENT_WINDOW_TIMER_ERROR
	EventFinalFlushSubmitting EventKind = C.BR_EVENT_FINAL_FLUSH_SUBMITTING
	// The job has results to hand out, and before it had none, or whoever looked last had found none.
	EventResultsArrived EventKind = C.BR_EVENT_RESULTS_ARRIVED
)

// String returns the name of the event, such as "batch_polled".
func (k EventKind) String() string { return C.GoString(C.br_event_name(C.int32_t(k))) }

// Event is something that happened to a job.
type Event struct {
	Kind    EventKind `json:"-"`
	JobID   string    `json:"job_id"`
	BatchID string    `json:"batch_id"`
	Message string    `json:"message"`
	Status  string    `json:"status"`
	Counts  struct {
		Total      int64 `json:"total"`
		Succeeded  int64 `json:"succeeded"`
		Errored    int64 `json:"errored"`
		Processing int64 `json:"processing"`
	} `json:"request_counts"`
	JSON []byte `json:"-"` // all of it
}

// Nothing is thrown through C: every function below catches, and what it caught comes up in Go again.

//export brgoDestroy
func brgoDestroy(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

//export brgoLog
func brgoLog(handle C.uintptr_t, level C.int32_t, message *C.char) {
	core := cgo.Handle(handle).Value().(*core)
	core.told.Add(1)
	core.call(func() { core.config.Log(LogLevel(level), C.GoString(message)) })
}

//export brgoEvent
func brgoEvent(handle C.uintptr_t, kind C.int32_t, jobID, text *C.char) {
	core := cgo.Handle(handle).Value().(*core)
	id := C.GoString(jobID)
	core.told.Add(1)
	core.wake(id)
	if core.config.Event == nil {
		return
	}
	core.call(func() {
		event := Event{JSON: []byte(C.GoString(text))}
		_ = json.Unmarshal(event.JSON, &event)
		event.Kind, event.JobID = EventKind(kind), id
		core.config.Event(event)
	})
}

// A done callback of one job.
type doneCall struct {
	core *core
	done func(*Job)
}

//export brgoDone
func brgoDone(handle C.uintptr_t, jobID *C.char) {
	call := cgo.Handle(handle).Value().(*doneCall)
	call.core.told.Add(1)
	call.core.call(func() {
		if job, err := call.core.open(C.GoString(jobID)); err == nil {
			call.done(job)
		}
	})
}

// call runs a function of the caller, and keeps the first panic for Close.
func (c *core) call(function func()) {
	if end := isolated(true, function); end.value != nil {
		c.panicked.CompareAndSwap(nil, &PanicError{Value: end.value, Stack: end.stack})
	}
}

// A writer that C writes to while a call is under way.
type writeCall struct {
	out io.Writer
	err error
	end ending
}

//export brgoWrite
func brgoWrite(handle C.uintptr_t, bytes *C.char, length C.size_t) (stop C.int32_t) {
	call := cgo.Handle(handle).Value().(*writeCall)
	block := unsafe.Slice((*byte)(unsafe.Pointer(bytes)), int(length))
	call.end = isolated(false, func() { _, call.err = call.out.Write(block) })
	if call.err != nil || call.end.value != nil || call.end.exited {
		return 1
	}
	return 0
}

// writing runs a call that writes; an error of the writer is returned as it is, its panic and its runtime.Goexit go on.
func writing(out io.Writer, call func(C.uintptr_t) error) error {
	state := &writeCall{out: out}
	handle := cgo.NewHandle(state)
	defer handle.Delete()
	err := call(C.uintptr_t(handle))
	if state.end.value != nil {
		panic(state.end.value)
	}
	if state.end.exited {
		runtime.Goexit()
	}
	if state.err != nil {
		return state.err
	}
	return err
}
