//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"io"
	"net/http"
	"runtime"
	"sync"
	"unsafe"
)

// Answer is the vendor's HTTP answer to a captured call. Whoever has it whole says so with Delivered; an answer that was
// not delivered goes to the next call that asks the same. Any goroutine may use it at any time.
type Answer struct {
	ID      int64 // that of its Call
	Status  int
	Header  http.Header
	BatchID string // the vendor's id of the batch that it came from, "" if it came from none
	Cached  bool   // an earlier answer: nothing was paid for this one

	mu     sync.Mutex
	native *C.br_answer // nil: closed
	body   []byte       // the library's memory
}

func newAnswer(native *C.br_answer) *Answer {
	a := &Answer{ID: int64(C.br_answer_id(native)), Status: int(C.br_answer_status(native)), Header: make(http.Header),
		BatchID: optional(C.br_answer_batch_id(native)), Cached: C.br_answer_is_cached(native) != 0, native: native}
	for i := C.size_t(0); i < C.br_answer_header_count(native); i++ {
		a.Header.Add(optional(C.br_answer_header_name(native, i)), optional(C.br_answer_header_value(native, i)))
	}
	var length C.size_t
	if text := C.br_answer_body(native, &length); text != nil && length > 0 {
		a.body = unsafe.Slice((*byte)(unsafe.Pointer(text)), int(length))
	}
	runtime.SetFinalizer(a, (*Answer).Close)
	return a
}

// Len is the length of the body.
func (a *Answer) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.body)
}

// Body returns a copy of the body; nil of a closed answer. Of a stream it is the events.
func (a *Answer) Body() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]byte(nil), a.body...)
}

// copyAt copies of the body what lies at that offset.
func (a *Answer) copyAt(into []byte, at int) (copied, length int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.native == nil {
		return 0, 0, http.ErrBodyReadAfterClose
	}
	return copy(into, a.body[at:]), len(a.body), nil
}

// Events returns what a stream goes on with whose status 200 is sent already: the events of the answer, or of the error
// that it became. nil for a call that asked for no stream.
func (a *Answer) Events() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	var length C.size_t
	text := C.br_answer_events(a.native, &length)
	if text == nil {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(text), C.int(length))
}

// Delivered says that its caller has it whole. From then on it only serves as an earlier answer, and an error is
// forgotten.
func (a *Answer) Delivered() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var cause *C.br_error
	return failure(C.br_answer_delivered(a.native, &cause), cause)
}

// Close frees it. What was not delivered goes to the next call that asks the same, as it does when an Answer is dropped.
func (a *Answer) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	C.br_answer_free(a.native)
	a.native, a.body = nil, nil
	runtime.SetFinalizer(a, nil)
	return nil
}

// Reader returns the body as http.Response has it: closed after it was read to its end, it tells that the answer was
// delivered; closed before, it does not. Closing it closes the answer.
func (a *Answer) Reader() io.ReadCloser { return &answerReader{answer: a} }

type answerReader struct {
	answer *Answer
	mu     sync.Mutex
	at     int
	whole  bool
}

func (r *answerReader) Read(into []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	copied, length, err := r.answer.copyAt(into, r.at)
	if err != nil {
		return 0, err
	}
	r.at += copied
	if r.at == length {
		r.whole = true
		return copied, io.EOF
	}
	return copied, nil
}

func (r *answerReader) Close() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole {
		err = r.answer.Delivered()
	}
	r.whole = false
	r.answer.Close()
	return err
}
