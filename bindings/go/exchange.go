//go:build cgo

package batchrouter

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"net/http"
	"strings"
	"unsafe"
)

// Exchange is an HTTP call as it would have gone to the vendor.
type Exchange struct {
	Method string
	URL    string      // absolute; the address tells the provider
	Header http.Header // the caller's key among them
	Body   []byte
	// "provider", instead of what the URL tells, such as "openai@team"; "cache": "hit", "once" or "off"; "repeated": "1"
	// for a client that asks again; "credential": "configured" for the configured key instead of the one in the headers.
	Options map[string]string
}

// native makes the C exchange, which the caller frees.
func (e *Exchange) native() (native *C.br_exchange, err error) {
	texts := []string{e.Method, e.URL}
	for name, value := range e.Options {
		texts = append(texts, name, value)
	}
	if err := checkNames(texts...); err != nil {
		return nil, err
	}
	var n names
	defer n.free()
	if native = C.br_exchange_new(n.add(e.Method), n.add(e.URL)); native == nil {
		return nil, &Error{Code: ErrNoMemory, Message: "memory is out", RetryAfter: -1}
	}
	defer func() {
		if err != nil {
			C.br_exchange_free(native)
		}
	}()
	for name, values := range e.Header {
		for _, value := range values {
			if err := addHeader(native, name, value); err != nil {
				return nil, err
			}
		}
	}
	var cause *C.br_error
	if len(e.Body) > 0 {
		bytes, length := bytesOf(e.Body)
		if err := failure(C.br_exchange_set_body(native, bytes, length, &cause), cause); err != nil {
			return nil, err
		}
	}
	for name, value := range e.Options {
		if err := failure(C.br_exchange_set(native, n.add(name), n.add(value), &cause), cause); err != nil {
			return nil, err
		}
	}
	return native, nil
}

func addHeader(native *C.br_exchange, name, value string) error {
	if strings.IndexByte(name+value, 0) >= 0 {
		return &Error{Code: ErrInvalid, Message: "an HTTP header holds a zero byte", Hint: "remove it", RetryAfter: -1}
	}
	head, text := C.CString(name), C.CString(value)
	defer C.free(unsafe.Pointer(head))
	defer C.free(unsafe.Pointer(text))
	var cause *C.br_error
	return failure(C.br_exchange_add_header(native, head, text, &cause), cause)
}
