//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"bufio"
	"errors"
	"fmt"
	"runtime/cgo"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// providerCall is a call of a provider's function that is under way.
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
	provider := cgo.Handle(handle).Value().(CustomProvider)
	var err error
	end := isolated(true, func() {
		if err = function(provider, call); err != nil {
			status = call.fail(err, otherwise) // an error may panic when it is asked for its message
		}
	})
	switch {
	case end.value != nil:
		return call.fail(fmt.Errorf("the provider panicked: %s", sayable(end.value)), otherwise)
	case end.exited:
		return call.fail(errors.New("the provider's function ended its goroutine (runtime.Goexit)"), otherwise)
	case err != nil:
		return status
	}
	return C.BR_OK
}

// sayable is a panic's value as text. Making it may panic in its turn.
func sayable(value interface{}) (text string) {
	isolated(false, func() { text = fmt.Sprint(value) })
	return text
}

//export brgoSupports
func brgoSupports(handle C.uintptr_t, model *C.char) C.int32_t {
	supporter, ok := cgo.Handle(handle).Value().(ModelSupporter)
	if !ok {
		return 1
	}
	yes := false
	isolated(true, func() { yes = supporter.SupportsModel(C.GoString(model)) })
	if yes {
		return 1
	}
	return 0
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
