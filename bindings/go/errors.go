//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code says what a call came to. The Err constants are sentinels: errors.Is(err, batchrouter.ErrLocked).
type Code int32

// The numbers are those of batchrouter.h. New ones may appear; treat one you do not know as a failure.
const (
	ErrInvalid     Code = C.BR_EINVAL       // the call itself is wrong
	ErrConfig      Code = C.BR_ECONFIG      // a setting is unknown or has a wrong value
	ErrInput       Code = C.BR_EINPUT       // a request is invalid; nothing was sent, see Error.Issues
	ErrAuth        Code = C.BR_EAUTH        // the API key is missing or refused
	ErrNetwork     Code = C.BR_ENETWORK     // the vendor could not be reached; safe to do again
	ErrProvider    Code = C.BR_EPROVIDER    // the vendor refused
	ErrNotFound    Code = C.BR_ENOTFOUND    // no such job or batch
	ErrNoProvider  Code = C.BR_ENOPROVIDER  // no provider of that name
	ErrNotComplete Code = C.BR_ENOTCOMPLETE // the job has not ended
	ErrTimeout     Code = C.BR_ETIMEOUT     // the time given ran out; the job goes on
	ErrQuota       Code = C.BR_EQUOTA       // out of credit or quota at the vendor
	ErrLimit       Code = C.BR_ELIMIT       // over a limit of the vendor
	ErrUnknown     Code = C.BR_EUNKNOWN     // a batch was possibly submitted
	ErrStore       Code = C.BR_ESTORE       // the state directory is damaged or cannot be written
	ErrLocked      Code = C.BR_ELOCKED      // another process owns the state directory
	ErrIO          Code = C.BR_EIO          // a file could not be read or written
	ErrNoMemory    Code = C.BR_ENOMEM
	ErrClosed      Code = C.BR_ECLOSED      // the router is closed
	ErrForked      Code = C.BR_EFORKED      // called in a forked child
	ErrUnsupported Code = C.BR_EUNSUPPORTED // the provider has no such operation
	ErrProtocol    Code = C.BR_EPROTOCOL    // the vendor's answer makes no sense
	ErrInternal    Code = C.BR_EINTERNAL    // a bug in the library
	ErrPartial     Code = C.BR_EPARTIAL     // some of several operations failed
	ErrCancelled   Code = C.BR_ECANCELLED   // cancelled by the caller
	ErrAlready     Code = C.BR_EALREADY     // the name is taken
	ErrBudget      Code = C.BR_EBUDGET      // would cost more than allowed
)

// Error returns the name of the code, such as "BR_ELOCKED".
func (c Code) Error() string { return C.GoString(C.br_status_name(C.br_status(c))) }

// Error is why a call failed. Get at it with errors.As.
type Error struct {
	Code       Code
	Message    string        // one line: what, where, why; never holds a key
	Hint       string        // what to do about it, "" if there is nothing to advise
	Provider   string        // the provider that answered, "" if none was involved
	VendorCode string        // the vendor's own code, such as "insufficient_quota"
	RequestID  string        // the vendor's id of the refused call, for its support
	HTTPStatus int           // of the vendor's answer, 0 if there was none
	Transient  bool          // the same may work later
	RetryAfter time.Duration // the least time to wait, as the vendor asked for it; -1 if it did not
	Issues     []string      // wrong lines of input, each "file:line:column: what, why, fix"; the first hundred
	IssueTotal int           // how many there are in all
	Errors     []error       // what failed of several operations, in their order, nil for those that did not
}

// Error returns the message, the first issue, and the hint.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Message)
	if len(e.Issues) > 0 && !strings.Contains(e.Message, e.Issues[0]) {
		text.WriteString(": " + e.Issues[0])
	}
	if e.Hint != "" {
		text.WriteString("; " + e.Hint)
	}
	return text.String()
}

// Is makes errors.Is work with the Err constants: the code is that one, or that of one of Errors.
func (e *Error) Is(target error) bool {
	if code, ok := target.(Code); ok && code == e.Code {
		return true
	}
	for _, one := range e.Errors {
		if errors.Is(one, target) {
			return true
		}
	}
	return false
}

// PanicError is a panic of a callback, returned by Router.Close.
type PanicError struct {
	Value interface{}
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("a callback panicked: %v", e.Value) }

// failure takes the C error over; nil for states that are no failure.
func failure(status C.br_status, cause *C.br_error) error {
	if status >= 0 {
		return nil
	}
	if cause == nil {
		return &Error{Code: Code(status), Message: Code(status).Error(), RetryAfter: -1}
	}
	defer C.br_error_free(cause)
	return readError(cause)
}

// errInterrupted: br_router_interrupt ended the call before the vendor had answered.
var errInterrupted = errors.New("batchrouter: interrupted")

// answered is failure for calls that wait for the vendor.
func answered(status C.br_status, cause *C.br_error) error {
	if status == C.BR_AGAIN {
		return errInterrupted
	}
	return failure(status, cause)
}

func readError(cause *C.br_error) *Error {
	result := &Error{
		Code:       Code(C.br_error_code(cause)),
		Message:    optional(C.br_error_message(cause)),
		Hint:       optional(C.br_error_hint(cause)),
		Provider:   optional(C.br_error_provider(cause)),
		VendorCode: optional(C.br_error_vendor_code(cause)),
		RequestID:  optional(C.br_error_request_id(cause)),
		HTTPStatus: int(C.br_error_http_status(cause)),
		Transient:  C.br_error_is_transient(cause) != 0,
		RetryAfter: -1,
		IssueTotal: int(C.br_error_issue_total(cause)),
	}
	if ms := C.br_error_retry_after_ms(cause); ms >= 0 {
		result.RetryAfter = time.Duration(ms) * time.Millisecond
	}
	for i := C.size_t(0); i < C.br_error_issue_count(cause); i++ {
		result.Issues = append(result.Issues, optional(C.br_error_issue(cause, i)))
	}
	return result
}
