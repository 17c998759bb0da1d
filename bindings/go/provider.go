//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime/cgo"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// CustomProvider is a provider written in Go; docs/adding-a-provider.md says what each function promises.
//
// Its functions may block, and may call anything but a wait for a job of the same provider; Close is refused inside
// SupportsModel and Prepare. Those two run on the goroutine that submits or validates. The others run on a goroutine of
// the router or on one that waits in it, so that a wait may outlast its context by one of these calls; of one router one
// at a time, of several routers at the same time. An error that is a
// *ProviderError says how it went on; any other is permanent, and of Submit one of unknown outcome: the batch is then
// looked for before it is sent again. A panic counts as such an error.
type CustomProvider interface {
	// Submit makes the batch, once, and returns its id. The batch should carry the marker.
	Submit(batch SubmitBatch) (id string, err error)
	// Poll tells what is known of a batch.
	Poll(id string) (BatchStatus, error)
	// Fetch writes the result lines of a batch that has ended, in the unified format and in any order, and has written
	// all when it returns.
	Fetch(id string, rows io.Writer) error
}

// ModelSupporter is a CustomProvider that does not serve every model.
type ModelSupporter interface{ SupportsModel(model string) bool }

// Preparer is a CustomProvider whose request file has lines of its own: Prepare gets a request in the unified format.
type Preparer interface {
	Prepare(line string) (string, error)
}

// Canceler is a CustomProvider whose batches can be stopped. A terminal state in the answer means that it had ended.
type Canceler interface {
	Cancel(id string) (BatchStatus, error)
}

// Lister is a CustomProvider that can list its batches: all, or at least those with the marker; without a marker ("") the
// newest limit are enough. Without it a batch whose submission is not known stays possibly submitted and blocked.
type Lister interface {
	List(marker string, limit int) ([]ListedBatch, error)
}

// SubmitBatch is what CustomProvider.Submit is asked for.
type SubmitBatch struct {
	RequestsPath string // the file of the prepared lines; it stays there until the job is removed
	Rows         int64
	Model        string // of the first request
	Marker       string // unique for each batch: an idempotency key, and what List looks for
	Meta         map[string]string
}

// BatchStatus is what a provider knows of a batch. Without a State it is asked again.
type BatchStatus struct {
	State                       State
	Word                        string  // the vendor's own for the state
	Counts                      *Counts // Total, Succeeded, Errored, Cancelled and Expired
	Created, Completed, Expires time.Time
	Message                     string // why it failed
}

// ListedBatch is one batch of a Lister.
type ListedBatch struct {
	ID, Marker string
	BatchStatus
}

// ProviderError is why a call of a CustomProvider failed.
type ProviderError struct {
	Code       Code // ErrProvider if it is 0; ErrUnknown: Submit got no clear answer
	Transient  bool // the same may work later; of Submit: there is certainly no batch
	RetryAfter time.Duration
	VendorCode string
	Message    string
}

func (e *ProviderError) Error() string { return e.Message }

// Is makes errors.Is work with the Err constants.
func (e *ProviderError) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// RegisterProvider makes a provider known to the whole process; register before New, so that unfinished jobs find it.
// capabilities is a JSON object, or "". See docs/adding-a-provider.md.
func RegisterProvider(name, capabilities string, provider CustomProvider) error {
	if err := checkNames(name, capabilities); err != nil {
		return err
	}
	var n names
	defer n.free()
	var abilities *C.char
	if capabilities != "" {
		abilities = n.add(capabilities)
	}
	var has C.int32_t
	if _, ok := provider.(Canceler); ok {
		has |= C.BRGO_CANCEL
	}
	if _, ok := provider.(Lister); ok {
		has |= C.BRGO_LIST
	}
	if _, ok := provider.(Preparer); ok {
		has |= C.BRGO_PREPARE
	}
	handle := C.uintptr_t(cgo.NewHandle(provider))
	var cause *C.br_error
	return failure(C.brgo_register(n.add(name), abilities, has, handle, &cause), cause)
}

// UnregisterProvider takes no new requests for it any more. Jobs under way keep it alive until they are done.
func UnregisterProvider(name string) error {
	if err := checkNames(name); err != nil {
		return err
	}
	var n names
	defer n.free()
	var cause *C.br_error
	return failure(C.br_registry_unregister(n.add(name), &cause), cause)
}

// RegisteredProviders lists all providers, the built-in ones first.
func RegisteredProviders() []Provider {
	var all []Provider
	for i := C.size_t(0); i < C.br_registry_count(); i++ {
		name := C.br_registry_name(i)
		all = append(all, Provider{Name: optional(name), JSON: []byte(optional(C.br_registry_get(name)))})
	}
	return all
}

// IsRegistered says whether there is a provider of that name, built in or registered.
func IsRegistered(name string) bool {
	var n names
	defer n.free()
	return checkNames(name) == nil && C.br_registry_is_registered(n.add(name)) != 0
}

// ---- the border ----

type providerCall struct {
	mu     sync.Mutex
	native *C.br_provider_call // nil when the function has returned
	n      names
}

func (c *providerCall) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.native = nil
	c.n.free()
}

// text is a text for C; a zero byte ends it.
func (c *providerCall) text(text string) *C.char {
	if text == "" {
		return nil
	}
	return c.n.add(strings.SplitN(text, "\x00", 2)[0])
}

func (c *providerCall) fail(err error, otherwise Code) C.int32_t {
	failed := &ProviderError{Code: otherwise, Message: err.Error()}
	errors.As(err, &failed)
	code, transient, retry := failed.Code, C.int32_t(0), C.int64_t(-1)
	if code == 0 {
		code = ErrProvider
	}
	if failed.Transient {
		transient = 1
	}
	if failed.RetryAfter > 0 {
		retry = C.int64_t(failed.RetryAfter.Milliseconds())
	}
	return C.int32_t(C.br_call_fail(c.native, C.br_status(code), transient, retry, c.text(failed.VendorCode),
		c.text(failed.Message)))
}

func (c *providerCall) tell(status BatchStatus) {
	if status.State != 0 {
		C.br_call_set_state(c.native, C.int32_t(status.State), c.text(status.Word))
	}
	if n := status.Counts; n != nil {
		C.br_call_set_counts(c.native, C.int64_t(n.Total), C.int64_t(n.Succeeded), C.int64_t(n.Errored),
			C.int64_t(n.Cancelled), C.int64_t(n.Expired))
	}
	times := map[C.int32_t]time.Time{
		C.BR_TIME_CREATED: status.Created, C.BR_TIME_COMPLETED: status.Completed, C.BR_TIME_EXPIRES: status.Expires,
	}
	for which, at := range times {
		if !at.IsZero() {
			C.br_call_set_time(c.native, which, C.int64_t(at.UnixMilli()))
		}
	}
	if status.Message != "" {
		C.br_call_set_message(c.native, c.text(status.Message))
	}
}

// Write gives bytes to the library.
func (c *providerCall) Write(bytes []byte) (int, error) {
	if len(bytes) == 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.native == nil {
		return 0, &ProviderError{Code: ErrInvalid, Message: "the function whose rows these are has returned"}
	}
	status := C.br_call_write(c.native, (*C.char)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes)))
	if status != C.BR_OK {
		return 0, &ProviderError{Code: Code(status), Message: "the library cannot keep the rows"}
	}
	return len(bytes), nil
}

// answer runs one function of a provider, and tells how it went.
func answer(handle C.uintptr_t, native *C.br_provider_call, otherwise Code,
	function func(CustomProvider, *providerCall) error) (status C.int32_t) {
	call := &providerCall{native: native}
	defer call.end()
	defer func() {
		if value := recover(); value != nil {
			status = call.fail(fmt.Errorf("the provider panicked: %v", value), otherwise)
		}
	}()
	if err := function(cgo.Handle(handle).Value().(CustomProvider), call); err != nil {
		return call.fail(err, otherwise)
	}
	return C.BR_OK
}

//export brgoSupports
func brgoSupports(handle C.uintptr_t, model *C.char) (yes C.int32_t) {
	defer func() {
		if recover() != nil {
			yes = 0
		}
	}()
	if supporter, ok := cgo.Handle(handle).Value().(ModelSupporter); ok && !supporter.SupportsModel(C.GoString(model)) {
		return 0
	}
	return 1
}

//export brgoPrepare
func brgoPrepare(handle C.uintptr_t, call *C.br_provider_call, line *C.char, length C.size_t) C.int32_t {
	return answer(handle, call, ErrInput, func(provider CustomProvider, c *providerCall) error {
		prepared, err := provider.(Preparer).Prepare(C.GoStringN(line, C.int(length)))
		if err == nil {
			_, err = c.Write([]byte(prepared))
		}
		return err
	})
}

func submitBatch(call *C.br_provider_call) SubmitBatch {
	batch := SubmitBatch{
		RequestsPath: optional(C.br_call_requests_path(call)),
		Rows:         int64(C.br_call_rows(call)),
		Model:        optional(C.br_call_model(call)),
		Marker:       optional(C.br_call_marker(call)),
		Meta:         make(map[string]string),
	}
	for i := C.size_t(0); i < C.br_call_meta_count(call); i++ {
		batch.Meta[optional(C.br_call_meta_key(call, i))] = optional(C.br_call_meta_value(call, i))
	}
	return batch
}

//export brgoCall
func brgoCall(handle C.uintptr_t, call *C.br_provider_call, what C.int32_t) C.int32_t {
	otherwise := ErrProvider
	if what == C.BRGO_SUBMIT {
		otherwise = ErrUnknown
	}
	return answer(handle, call, otherwise, func(provider CustomProvider, c *providerCall) error {
		id := optional(C.br_call_batch_id(call))
		switch what {
		case C.BRGO_SUBMIT:
			id, err := provider.Submit(submitBatch(call))
			if err == nil {
				C.br_call_set_batch_id(call, c.text(id)) // one that is refused is none: the batch is then looked for
			}
			return err
		case C.BRGO_FETCH:
			rows := bufio.NewWriterSize(c, 64<<10)
			if err := provider.Fetch(id, rows); err != nil {
				return err
			}
			return rows.Flush()
		case C.BRGO_LIST:
			batches, err := provider.(Lister).List(optional(C.br_call_marker(call)), int(C.br_call_limit(call)))
			for _, batch := range batches {
				if C.br_call_add_batch(call, c.text(batch.ID), c.text(batch.Marker)) == C.BR_OK {
					c.tell(batch.BatchStatus)
				}
			}
			return err
		}
		ask := provider.Poll
		if what == C.BRGO_CANCEL {
			ask = provider.(Canceler).Cancel
		}
		status, err := ask(id)
		if err == nil {
			c.tell(status)
		}
		return err
	})
}
