//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import (
	"io"
	"runtime/cgo"
	"sort"
)

// LogLevel says how much is logged; a record is passed on when its level is at most the one asked for.
type LogLevel int32

const (
	LogError   LogLevel = C.BR_LOG_ERROR
	LogWarning LogLevel = C.BR_LOG_WARNING
	LogInfo    LogLevel = C.BR_LOG_INFO
	LogDebug   LogLevel = C.BR_LOG_DEBUG
)

// Config is what a router starts from. The zero value takes every default, and API keys from the environment.
type Config struct {
	// Settings by name, as docs/configuration.md lists them; see also Properties.
	Settings map[string]string
	// Log gets log records up to LogLevel (0 is LogInfo). Bodies and keys are never logged.
	Log      func(level LogLevel, message string)
	LogLevel LogLevel
	// Event is told what happens to jobs. Log and Event run one call at a time, on goroutines of the router; they may
	// call anything, Router.Close included. A panic in them is caught, see Router.Close; runtime.Goexit ends that call
	// only.
	Event func(Event)
}

// Get returns the value in force, the default included; "" for an unknown key and for keys that are secret.
func (c Config) Get(key string) string {
	value := ""
	_ = c.with(func(native *C.br_config, n *names) error {
		value = optional(C.br_config_get(native, n.add(key)))
		return nil
	})
	return value
}

// Validate checks every request as Submit would, without network and without leaving anything behind.
func (c Config) Validate(batch *Batch) error {
	return c.withBatch(batch, func(config *C.br_config, batch *C.br_batch) error {
		var cause *C.br_error
		return failure(C.br_validate(config, batch, &cause), cause)
	})
}

// Convert writes the vendor's native request lines. Offline.
func (c Config) Convert(batch *Batch, out io.Writer) error {
	return c.withBatch(batch, func(config *C.br_config, batch *C.br_batch) error {
		return writing(out, func(handle C.uintptr_t) error {
			var cause *C.br_error
			return failure(C.brgo_convert(config, batch, handle, &cause), cause)
		})
	})
}

// Decode reads native result lines of a provider from a file ("-": standard input) and writes unified results. It
// returns how many rows there were, and how many of them did not succeed. Offline.
func (c Config) Decode(provider, path string, out io.Writer) (rows, failed int64, err error) {
	if err := checkNames(provider); err != nil {
		return 0, 0, err
	}
	if err := checkPaths(path); err != nil {
		return 0, 0, err
	}
	err = c.with(func(config *C.br_config, n *names) error {
		var count, bad C.int64_t
		err := writing(out, func(handle C.uintptr_t) error {
			var cause *C.br_error
			return failure(C.brgo_decode(config, n.add(provider), n.add(path), handle, &count, &bad, &cause), cause)
		})
		rows, failed = int64(count), int64(bad)
		return err
	})
	return rows, failed, err
}

// Property is a setting that Config.Settings may hold.
type Property struct{ Name, Default, Doc string }

// Properties lists every setting.
func Properties() []Property {
	all := make([]Property, C.br_config_property_count())
	for i := range all {
		index := C.size_t(i)
		all[i] = Property{
			Name:    optional(C.br_config_property_name(index)),
			Default: optional(C.br_config_property_default(index)),
			Doc:     optional(C.br_config_property_doc(index)),
		}
	}
	return all
}

// with runs use on a native configuration, without callbacks.
func (c Config) with(use func(*C.br_config, *names) error) error {
	native := C.br_config_new()
	if native == nil {
		return failure(C.BR_ENOMEM, nil)
	}
	defer C.br_config_free(native)
	keys := make([]string, 0, len(c.Settings))
	for key := range c.Settings {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var n names
	defer n.free()
	for _, key := range keys {
		value := c.Settings[key]
		if err := checkPaths(key, value); err != nil { // the library knows which settings are paths
			return err
		}
		var cause *C.br_error
		if err := failure(C.br_config_set(native, n.add(key), n.add(value), &cause), cause); err != nil {
			return err
		}
	}
	return use(native, &n)
}

func (c Config) withBatch(batch *Batch, use func(*C.br_config, *C.br_batch) error) error {
	return c.with(func(config *C.br_config, _ *names) error {
		return batch.with(func(native *C.br_batch) error { return use(config, native) })
	})
}

// setCallbacks makes the router's events come to core, and through it to the caller's functions.
func (c Config) setCallbacks(native *C.br_config, core *core) error {
	var cause *C.br_error
	handle := C.uintptr_t(cgo.NewHandle(core))
	if err := failure(C.brgo_set_event(native, handle, &cause), cause); err != nil || c.Log == nil {
		return err
	}
	level := c.LogLevel
	if level == 0 {
		level = LogInfo
	}
	handle = C.uintptr_t(cgo.NewHandle(core))
	return failure(C.brgo_set_log(native, C.int32_t(level), handle, &cause), cause)
}
