//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

// Providers lists the vendors that take new requests, sorted.
func (r *Router) Providers() (all []string) {
	_ = r.core.with(func() error {
		for i := C.size_t(0); ; i++ {
			name := C.br_router_provider(r.core.native, i)
			if name == nil {
				return nil
			}
			all = append(all, C.GoString(name))
		}
	})
	return all
}

// HasProvider says whether the vendor takes new requests.
func (r *Router) HasProvider(name string) (has bool) {
	_ = r.core.named([]string{name}, func(n *names, _ **C.br_error) C.br_status {
		has = C.br_router_has_provider(r.core.native, n.add(name)) != 0
		return C.BR_OK
	})
	return has
}

// AddProvider takes a vendor in again; ErrAlready if it is there.
func (r *Router) AddProvider(name string) error {
	return r.core.named([]string{name}, func(n *names, err **C.br_error) C.br_status {
		return C.br_router_add_provider(r.core.native, n.add(name), err)
	})
}

// RemoveProvider makes the router take no new requests for a vendor; jobs it has already go on.
func (r *Router) RemoveProvider(name string) error {
	return r.core.named([]string{name}, func(n *names, err **C.br_error) C.br_status {
		return C.br_router_remove_provider(r.core.native, n.add(name), err)
	})
}
