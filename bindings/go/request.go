//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"reflect"
	"strings"
	"unsafe"
)

// Source says where the bytes of an image, document or audio part are.
type Source int32

const (
	SourceURL     Source = C.BR_SOURCE_URL      // data is a URL
	SourceBase64  Source = C.BR_SOURCE_BASE64   // data is base64 text
	SourceFileURI Source = C.BR_SOURCE_FILE_URI // data is the URI of a file at the vendor
)

// Request is one question, being built. Its methods return it, so that they can be chained; what is wrong is reported
// by Submit, Validate and JSON. A Request is ordinary memory: nothing has to be closed. One goroutine at a time.
type Request struct {
	id     string
	steps  []byte // calls of the C builder, written down: see brgo_step
	failed error  // the first text that C cannot take
}

// step is what a brgo_step is about.
type step = C.int32_t

// NewRequest begins a request. customID is unique in the batch; model is passed to the vendor as it is.
func NewRequest(customID, model string) *Request {
	r := &Request{id: customID, failed: checkPaths(customID, model)}
	return r.add(C.BRGO_REQUEST, 0, model, customID)
}

// ParseRequest takes a request in the unified format (docs/format.md).
func ParseRequest(line []byte) (*Request, error) {
	r := new(Request).add(C.BRGO_LINE, 0, "", string(line))
	return r, r.with(func(*C.br_request) error { return nil })
}

// CustomID returns the id that NewRequest was given.
func (r *Request) CustomID() string { return r.id }

func (r *Request) add(what step, number C.int32_t, name, data string) *Request {
	if r.failed == nil && what != C.BRGO_LINE { // of a line the library tells the column
		if r.failed = checkUTF8(ErrInput, "name", name); r.failed == nil {
			r.failed = checkUTF8(ErrInput, "text", data)
		}
	}
	head := C.brgo_step{what: what, number: number, name: C.uint64_t(len(name)), data: C.uint64_t(len(data))}
	if r.steps == nil {
		r.steps = make([]byte, 0, 4*len((*[unsafe.Sizeof(head)]byte)(unsafe.Pointer(&head)))+len(name)+len(data)+64)
	}
	r.steps = append(r.steps, (*[unsafe.Sizeof(head)]byte)(unsafe.Pointer(&head))[:]...)
	r.steps = append(append(r.steps, name...), 0)
	r.steps = append(append(r.steps, data...), 0)
	return r
}

func (r *Request) message(role C.int32_t, texts []string) *Request {
	r.add(C.BRGO_MESSAGE, role, "", "")
	for _, text := range texts {
		r.Text(text)
	}
	return r
}

// User begins a message of the user, with these texts; Text, Image, Document and Audio add to it, in order.
func (r *Request) User(texts ...string) *Request { return r.message(C.BR_ROLE_USER, texts) }

// Assistant begins a message of the model.
func (r *Request) Assistant(texts ...string) *Request { return r.message(C.BR_ROLE_ASSISTANT, texts) }

// System replaces the system prompt; with several texts it is a list, with none there is none.
func (r *Request) System(texts ...string) *Request {
	if len(texts) == 0 {
		texts = []string{""}
	}
	r.add(C.BRGO_SET_SYSTEM, 0, "", texts[0])
	for _, text := range texts[1:] {
		r.add(C.BRGO_ADD_SYSTEM, 0, "", text)
	}
	return r
}

// Text adds a text to the newest message.
func (r *Request) Text(text string) *Request { return r.add(C.BRGO_ADD_TEXT, 0, "", text) }

// named adds a step with a name.
func (r *Request) named(what step, number C.int32_t, name, data string) *Request {
	if err := checkPaths(name); err != nil && r.failed == nil {
		r.failed = err
	}
	return r.add(what, number, name, data)
}

// Image adds an image to the newest message; mediaType "" is image/jpeg.
func (r *Request) Image(source Source, mediaType, content string) *Request {
	return r.named(C.BRGO_IMAGE, C.int32_t(source), mediaType, content)
}

// Document adds a document to the newest message; mediaType "" is application/pdf.
func (r *Request) Document(source Source, mediaType, content string) *Request {
	return r.named(C.BRGO_DOCUMENT, C.int32_t(source), mediaType, content)
}

// Audio adds a recording to the newest message; mediaType "" is audio/wav.
func (r *Request) Audio(source Source, mediaType, content string) *Request {
	return r.named(C.BRGO_AUDIO, C.int32_t(source), mediaType, content)
}

// value is a Go value as JSON text; what cannot be written is refused by the library, as no JSON.
func value(v interface{}) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Generation sets a field of generation_config: max_tokens, temperature, top_p, top_k, stop_sequences,
// presence_penalty, frequency_penalty. The value is written as JSON; json.RawMessage goes through as it is.
func (r *Request) Generation(name string, v interface{}) *Request {
	return r.valued(C.BRGO_GENERATION, name, v)
}

// Field sets another top-level field: provider, endpoint, tools, tool_choice, response_format, reasoning, seed,
// provider_kwargs, body, input.
func (r *Request) Field(name string, v interface{}) *Request { return r.valued(C.BRGO_FIELD, name, v) }

// valued adds a step with a value. encoding/json would replace what is not UTF-8, without a word.
func (r *Request) valued(what step, name string, v interface{}) *Request {
	text := value(v)
	if strings.Contains(text, `\ufffd`) && r.failed == nil {
		r.failed = checkStrings(name, reflect.ValueOf(v), mostNested)
	}
	return r.named(what, 0, name, text)
}

// encoding/json takes no deeper ones either, where they go round in a circle.
const mostNested = 1000

// checkStrings checks every text inside of a value that was written as JSON.
func checkStrings(field string, v reflect.Value, deepest int) error {
	if deepest == 0 || !v.IsValid() || v.Type() == reflect.TypeOf(json.RawMessage(nil)) {
		return nil
	}
	var err error
	check := func(inner reflect.Value) {
		if err == nil {
			err = checkStrings(field, inner, deepest-1)
		}
	}
	switch v.Kind() {
	case reflect.String:
		err = checkUTF8(ErrInput, "value of "+field, v.String())
	case reflect.Interface, reflect.Ptr:
		check(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := 0; i < v.Len(); i++ {
			check(v.Index(i))
		}
	case reflect.Struct:
		for i := 0; i < v.NumField(); i++ {
			check(v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			check(key)
			check(v.MapIndex(key))
		}
	}
	return err
}

// JSON returns the request as one line of the unified format.
func (r *Request) JSON() (line []byte, err error) {
	err = r.with(func(native *C.br_request) error {
		var length C.size_t
		text := C.br_request_json(native, &length)
		line = []byte(C.GoStringN(text, C.int(length)))
		return nil
	})
	return line, err
}

// with runs use on a native request.
func (r *Request) with(use func(*C.br_request) error) error {
	if r.failed != nil {
		return r.failed
	}
	var native *C.br_request
	var cause *C.br_error
	at, length := bytesOf(r.steps)
	if err := failure(C.brgo_make_request(at, length, &native, &cause), cause); err != nil {
		return err
	}
	defer C.br_request_free(native)
	return use(native)
}
