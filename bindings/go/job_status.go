//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import "time"

// State is where a job stands.
type State int32

const (
	StateValidating State = C.BR_STATE_VALIDATING
	StateInProgress State = C.BR_STATE_IN_PROGRESS
	StateCompleted  State = C.BR_STATE_COMPLETED
	StateFailed     State = C.BR_STATE_FAILED
	StateCancelled  State = C.BR_STATE_CANCELLED
	StateExpired    State = C.BR_STATE_EXPIRED
	StateQueued     State = C.BR_STATE_QUEUED
	StateSubmitting State = C.BR_STATE_SUBMITTING
	StateFinalizing State = C.BR_STATE_FINALIZING
	StateCancelling State = C.BR_STATE_CANCELLING
)

// String returns the name of the state, such as "in_progress".
func (s State) String() string { return C.GoString(C.br_state_name(C.int32_t(s))) }

// Compat returns the nearest of the six states that every vendor has, the first six above.
func (s State) Compat() State { return State(C.br_state_compat(C.int32_t(s))) }

// Terminal says that the job's batches have ended at the vendor.
func (s State) Terminal() bool { return C.br_state_is_terminal(C.int32_t(s)) != 0 }

// Submission is what is known of the submission of a job.
type Submission int32

const (
	NotSubmitted      Submission = C.BR_NOT_SUBMITTED
	PossiblySubmitted Submission = C.BR_POSSIBLY_SUBMITTED
	Submitted         Submission = C.BR_SUBMITTED
)

// Counts are the requests of a job. Acked results were acknowledged, durably.
type Counts struct {
	Total, Succeeded, Errored, Processing, Cancelled, Expired, Delivered, Acked int64
}

// Status is what was known of a job at one moment.
type Status struct {
	ID                                     string
	Provider                               string // "" when its batches go to several
	Parent                                 string // the job it retries, "" if none
	Name, Output, BaseURL                  string
	Attempt                                int // 1, and one more for each retry
	State                                  State
	Submission                             Submission
	Done                                   bool // every request has its one result here on disk
	Blocked                                bool // the job waits for Resume, after the reason was mended
	Counts                                 Counts
	Created, Submitted, Completed, Expires time.Time // the vendor's, Submitted is ours; the zero time: not known
	Recorded, DoneAt                       time.Time // ours: when it came into the directory, and when all results were here
	BatchIDs                               []string  // vendor ids of the remote batches; "" before one was accepted
	Err                                    error     // why the job is blocked or failed, an *Error; else nil
	JSON                                   []byte    // the whole snapshot
}
