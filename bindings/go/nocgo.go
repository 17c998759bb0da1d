//go:build !cgo

package batchrouter

// The package is a layer over a C library; without cgo there is nothing it could do, and the compiler says so.
var _ = libbatchrouter_needs_CGO_ENABLED_1_and_a_C_compiler_and_libbatchrouter_dev
