//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

// Batch is many requests, being built. Its methods return it, so that they can be chained; what is wrong is reported by
// Submit, Validate and the others that take one. A Batch is ordinary memory and can be used again. One goroutine at a
// time builds it; those that only submit, plan or validate it may share it.
type Batch struct {
	provider string
	parts    []func(*C.br_batch) error
	steps    []byte // requests that are no part yet
}

// So many bytes of requests are given to C in one call.
const oneCrossing = 64 << 10

// NewBatch begins a batch. provider is where requests go that name none themselves; "" if all of them do.
func NewBatch(provider string) *Batch { return &Batch{provider: provider} }

func (b *Batch) add(part func(*C.br_batch) error) *Batch {
	b.gathered()
	b.parts = append(b.parts, part)
	return b
}

// named adds a part whose texts are names.
func (b *Batch) named(texts []string, call func(*C.br_batch, *names, **C.br_error) C.br_status) *Batch {
	wrong := checkNames(texts...)
	return b.add(func(native *C.br_batch) error {
		if wrong != nil {
			return wrong
		}
		var n names
		defer n.free()
		var cause *C.br_error
		return failure(call(native, &n, &cause), cause)
	})
}

// Add adds the requests as they are now.
func (b *Batch) Add(requests ...*Request) *Batch {
	for _, request := range requests {
		if request.failed != nil {
			failed := request.failed
			b.add(func(*C.br_batch) error { return failed })
			continue
		}
		b.steps = append(b.steps, request.steps...)
		if len(b.steps) >= oneCrossing {
			b.gathered()
		}
	}
	return b
}

// gathered makes a part of the requests that were added since the last part.
func (b *Batch) gathered() {
	if len(b.steps) == 0 {
		return
	}
	steps := b.steps
	b.steps = nil
	b.parts = append(b.parts, func(native *C.br_batch) error { return addSteps(native, steps) })
}

func addSteps(native *C.br_batch, steps []byte) error {
	from, length := bytesOf(steps)
	var cause *C.br_error
	return failure(C.brgo_add_requests(native, from, length, &cause), cause)
}

// AddJSONL adds one or many lines in the unified format.
func (b *Batch) AddJSONL(lines string) *Batch {
	return b.add(func(native *C.br_batch) error {
		at, length := data(lines)
		var cause *C.br_error
		return failure(C.br_batch_add_jsonl(native, at, length, &cause), cause)
	})
}

// AddFile adds a file of lines in the unified format, read while the batch is submitted or validated. "-" is standard
// input and can be read once.
func (b *Batch) AddFile(path string) *Batch {
	return b.add(func(native *C.br_batch) error {
		if err := checkPaths(path); err != nil {
			return err
		}
		var n names
		defer n.free()
		var cause *C.br_error
		return failure(C.br_batch_add_jsonl_file(native, n.add(path), &cause), cause)
	})
}

// Name gives the audit files a name, [A-Za-z0-9-] after cleaning.
func (b *Batch) Name(name string) *Batch {
	return b.named([]string{name}, func(native *C.br_batch, n *names, err **C.br_error) C.br_status {
		return C.br_batch_set_name(native, n.add(name), err)
	})
}

// SetMeta adds metadata that is kept with the job and sent to vendors that take it.
func (b *Batch) SetMeta(key, value string) *Batch {
	return b.named([]string{key, value}, func(native *C.br_batch, n *names, err **C.br_error) C.br_status {
		return C.br_batch_set_meta(native, n.add(key), n.add(value), err)
	})
}

// Set overrides a setting of the router for this batch, or sets "output" or "continue" (see batchrouter.h).
func (b *Batch) Set(key, value string) *Batch {
	return b.named([]string{key, value}, func(native *C.br_batch, n *names, err **C.br_error) C.br_status {
		return C.br_batch_set(native, n.add(key), n.add(value), err)
	})
}

// native makes the C batch; the caller frees it. It changes nothing of b, which others may be reading.
func (b *Batch) native() (*C.br_batch, error) {
	if err := checkNames(b.provider); err != nil {
		return nil, err
	}
	var n names
	defer n.free()
	var provider *C.char
	if b.provider != "" {
		provider = n.add(b.provider)
	}
	native := C.br_batch_new(provider)
	if native == nil {
		return nil, failure(C.BR_ENOMEM, nil)
	}
	for _, part := range b.parts {
		if err := part(native); err != nil {
			C.br_batch_free(native)
			return nil, err
		}
	}
	if len(b.steps) > 0 {
		if err := addSteps(native, b.steps); err != nil {
			C.br_batch_free(native)
			return nil, err
		}
	}
	return native, nil
}

func (b *Batch) with(use func(*C.br_batch) error) error {
	native, err := b.native()
	if err != nil {
		return err
	}
	defer C.br_batch_free(native)
	return use(native)
}

// Plan is what a batch would bring to the vendors and cost, before anything is sent.
type Plan struct {
	Batches         int64   // remote batches the job would have
	Requests, Bytes int64   //
	InputTokens     int64   // a guess, see docs/prices.md
	OutputTokensMax int64   // an upper bound
	SyncUSD         float64 // US dollars at the standard price, an upper bound; -1 when a price is not known
	BatchUSD        float64 // the same at the batch price
	JSON            []byte  // all of it, per remote batch too, with warnings
}

// Plan looks at a batch as Submit would. Offline.
func (c Config) Plan(batch *Batch) (plan *Plan, err error) {
	err = c.withBatch(batch, func(config *C.br_config, batch *C.br_batch) error {
		var native *C.br_plan
		var cause *C.br_error
		if err := failure(C.br_plan_new(config, batch, &native, &cause), cause); err != nil {
			return err
		}
		defer C.br_plan_free(native)
		var length C.size_t
		text := C.br_plan_json(native, &length)
		plan = &Plan{
			Batches:         int64(C.br_plan_batches(native)),
			Requests:        int64(C.br_plan_requests(native)),
			Bytes:           int64(C.br_plan_bytes(native)),
			InputTokens:     int64(C.br_plan_input_tokens(native)),
			OutputTokensMax: int64(C.br_plan_output_tokens_max(native)),
			SyncUSD:         float64(C.br_plan_sync_usd(native)),
			BatchUSD:        float64(C.br_plan_batch_usd(native)),
			JSON:            []byte(C.GoStringN(text, C.int(length))),
		}
		return nil
	})
	return plan, err
}

// Provider is a vendor that the library was built with.
type Provider struct {
	Name string
	JSON []byte // capabilities and limits
}

// Providers lists the vendors that the library was built with.
func Providers() []Provider {
	all := make([]Provider, C.br_provider_count())
	for i := range all {
		name := C.br_provider_name(C.size_t(i))
		all[i] = Provider{Name: optional(name), JSON: []byte(optional(C.br_provider_json(name)))}
	}
	return all
}
