//go:build cgo

package batchrouter

// #cgo pkg-config: batchrouter
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// The ABI generation this package was written for.
const abiVersion = C.BR_ABI_VERSION

func init() {
	if got := int(C.br_abi_version()); got != abiVersion {
		panic(fmt.Sprintf("batchrouter: %s is libbatchrouter %s with ABI %d, and ABI %d is needed, as libbatchrouter %s has it: "+
			"install that (Debian: libbatchrouter0), or build the program again with the other one's libbatchrouter-dev",
			C.GoString(C.brgo_library_path()), Version(), got, abiVersion, C.BR_VERSION_STRING))
	}
}

// Version returns the version of the library that runs, such as "0.1.0".
func Version() string { return C.GoString(C.br_version()) }

// BuildInfo returns how the library was built, as a JSON object.
func BuildInfo() string { return C.GoString(C.br_build_info()) }

// names turns Go strings into C names, refusing those with a zero byte; free gives them back.
type names struct{ all []*C.char }

func (n *names) add(text string) *C.char {
	name := C.CString(text)
	n.all = append(n.all, name)
	return name
}

func (n *names) free() {
	for _, name := range n.all {
		C.free(unsafe.Pointer(name))
	}
}

// checkNames refuses what would arrive as another text: C ends a name at a zero byte, and a vendor repairs what is not
// UTF-8.
func checkNames(texts ...string) error {
	if err := checkPaths(texts...); err != nil {
		return err
	}
	for _, text := range texts {
		if err := checkUTF8(ErrInvalid, "name", text); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths is the same of what the file system takes as it is.
func checkPaths(texts ...string) error {
	for _, text := range texts {
		if strings.IndexByte(text, 0) >= 0 {
			return &Error{Code: ErrInvalid, Message: "a name holds a zero byte", Hint: "remove it", RetryAfter: -1}
		}
	}
	return nil
}

func checkUTF8(code Code, what, text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return &Error{Code: code, Message: fmt.Sprintf("the %s %q is not valid UTF-8", what, shortened(text)),
		Hint: "give it in UTF-8", RetryAfter: -1}
}

// shortened shows where a text stops being UTF-8.
func shortened(text string) string {
	const most = 40
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	from, to := at-most, at+most
	if from < 0 {
		from = 0
	}
	if to > len(text) {
		to = len(text)
	}
	return text[from:to]
}

// data is the memory of a string for the length of one call: C copies before it returns.
func data(text string) (*C.char, C.size_t) {
	if text == "" {
		return emptyText, 0
	}
	header := (*reflect.StringHeader)(unsafe.Pointer(&text))
	return (*C.char)(unsafe.Pointer(header.Data)), C.size_t(len(text))
}

// bytesOf is the same of bytes that are not empty.
func bytesOf(bytes []byte) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes))
}

// A pointer that is not NULL for a text of no bytes.
var emptyText = C.CString("")

func optional(text *C.char) string {
	if text == nil {
		return ""
	}
	return C.GoString(text)
}

func timeOf(ms C.int64_t) time.Time {
	if ms < 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}
