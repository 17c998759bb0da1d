//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import "encoding/json"

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
	id, model, line string
	steps           []step
	failed          error // the first name that C cannot take
}

// step is one call of the C builder.
type step func(*C.br_request, **C.br_error) C.br_status

// NewRequest begins a request. customID is unique in the batch; model is passed to the vendor as it is.
func NewRequest(customID, model string) *Request { return &Request{id: customID, model: model} }

// ParseRequest takes a request in the unified format (docs/format.md).
func ParseRequest(line []byte) (*Request, error) {
	request := &Request{line: string(line)}
	return request, request.with(func(*C.br_request) error { return nil })
}

// CustomID returns the id that NewRequest was given.
func (r *Request) CustomID() string { return r.id }

func (r *Request) add(next step) *Request {
	r.steps = append(r.steps, next)
	return r
}

func (r *Request) message(role C.int32_t, texts []string) *Request {
	r.add(func(native *C.br_request, err **C.br_error) C.br_status {
		return C.br_request_add_message(native, role, err)
	})
	for _, text := range texts {
		r.Text(text)
	}
	return r
}

// User begins a message of the user, with these texts; Text, Image, Document and Audio add to it, in order.
func (r *Request) User(texts ...string) *Request { return r.message(C.BR_ROLE_USER, texts) }

// Assistant begins a message of the model.
func (r *Request) Assistant(texts ...string) *Request { return r.message(C.BR_ROLE_ASSISTANT, texts) }

// System replaces the system prompt; with several texts it is a list.
func (r *Request) System(texts ...string) *Request {
	for i, text := range texts {
		text, first := text, i == 0 && len(texts) == 1
		r.add(func(native *C.br_request, err **C.br_error) C.br_status {
			at, length := data(text)
			if first {
				return C.br_request_set_system(native, at, length, err)
			}
			return C.br_request_add_system(native, at, length, err)
		})
	}
	return r
}

// Text adds a text to the newest message.
func (r *Request) Text(text string) *Request {
	return r.add(func(native *C.br_request, err **C.br_error) C.br_status {
		at, length := data(text)
		return C.br_request_add_text(native, at, length, err)
	})
}

// named adds a step with a name.
func (r *Request) named(name string, next func(*C.br_request, *C.char, **C.br_error) C.br_status) *Request {
	if err := checkNames(name); err != nil && r.failed == nil {
		r.failed = err
	}
	return r.add(func(native *C.br_request, err **C.br_error) C.br_status {
		var n names
		defer n.free()
		return next(native, n.add(name), err)
	})
}

// part adds something that has a source; mediaType "" takes the default of its kind.
func (r *Request) part(kind byte, source Source, mediaType, content string) *Request {
	return r.named(mediaType, func(native *C.br_request, media *C.char, err **C.br_error) C.br_status {
		if mediaType == "" {
			media = nil
		}
		at, length := data(content)
		switch kind {
		case 'i':
			return C.br_request_add_image(native, C.int32_t(source), media, at, length, err)
		case 'd':
			return C.br_request_add_document(native, C.int32_t(source), media, at, length, err)
		default:
			return C.br_request_add_audio(native, C.int32_t(source), media, at, length, err)
		}
	})
}

// Image adds an image to the newest message; mediaType "" is image/jpeg.
func (r *Request) Image(source Source, mediaType, content string) *Request {
	return r.part('i', source, mediaType, content)
}

// Document adds a document to the newest message; mediaType "" is application/pdf.
func (r *Request) Document(source Source, mediaType, content string) *Request {
	return r.part('d', source, mediaType, content)
}

// Audio adds a recording to the newest message; mediaType "" is audio/wav.
func (r *Request) Audio(source Source, mediaType, content string) *Request {
	return r.part('a', source, mediaType, content)
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
	text := value(v)
	return r.named(name, func(native *C.br_request, name *C.char, err **C.br_error) C.br_status {
		at, length := data(text)
		return C.br_request_set_generation(native, name, at, length, err)
	})
}

// Field sets another top-level field: provider, endpoint, tools, tool_choice, response_format, reasoning, seed,
// provider_kwargs, body, input.
func (r *Request) Field(name string, v interface{}) *Request {
	text := value(v)
	return r.named(name, func(native *C.br_request, name *C.char, err **C.br_error) C.br_status {
		at, length := data(text)
		return C.br_request_set_field(native, name, at, length, err)
	})
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
	if r.line != "" {
		at, length := data(r.line)
		if err := failure(C.br_request_from_json(at, length, &native, &cause), cause); err != nil {
			return err
		}
	} else {
		if err := checkNames(r.id, r.model); err != nil {
			return err
		}
		var n names
		defer n.free()
		if native = C.br_request_new(n.add(r.id), n.add(r.model)); native == nil {
			return failure(C.BR_ENOMEM, nil)
		}
	}
	defer C.br_request_free(native)
	for _, next := range r.steps {
		if err := failure(next(native, &cause), cause); err != nil {
			return err
		}
	}
	return use(native)
}
