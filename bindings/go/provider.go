//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"io"
	"runtime/cgo"
	"time"
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
