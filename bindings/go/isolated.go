//go:build cgo

package batchrouter

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// host is a goroutine inside of a call that C made. The caller's function runs on a goroutine of its own meanwhile:
// runtime.Goexit, which a failing test calls, would take the frames of C below it with it. What has to run on C's own
// thread is handed back to the host.
type host struct {
	work     chan func()
	callback bool // not a writer, which somebody waits for who called in Go
}

// By the number of the goroutine that runs the caller's function.
var hosts sync.Map

// The routers, by the number of the goroutine that polls. While it runs a function of the caller that takes longer than
// lookAgain, no event comes through, and those that wait look by themselves so often.
var pollers sync.Map

const lookAgain = 50 * time.Millisecond

// goroutineNumber is what a stack trace begins with: "goroutine 17 [running]:".
func goroutineNumber() string {
	var buffer [32]byte
	fields := bytes.Fields(buffer[:runtime.Stack(buffer[:], false)])
	return string(fields[1])
}

// ending says how a function ended.
type ending struct {
	value  interface{} // of a panic
	stack  []byte
	exited bool // runtime.Goexit
}

// isolated runs a function of the caller, and returns when it has ended, whatever way.
func isolated(callback bool, function func()) (end ending) {
	h := &host{work: make(chan func()), callback: callback}
	done := make(chan struct{})
	go func() {
		number := goroutineNumber()
		hosts.Store(number, h)
		returned := false
		defer func() {
			if value := recover(); value != nil {
				end.value, end.stack = value, debug.Stack()
			} else {
				end.exited = !returned
			}
			hosts.Delete(number)
			close(done)
		}()
		function()
		returned = true
	}()
	late := time.NewTicker(lookAgain)
	defer late.Stop()
	for {
		select {
		case work := <-h.work:
			work()
		case <-late.C:
			if polled, ok := pollers.Load(goroutineNumber()); ok {
				polled.(*core).wakeAll()
			}
		case <-done:
			return end
		}
	}
}

// onHost runs work on the thread on which C called, if it is a function called by C that asks for it; else here. inside:
// it is a callback.
func onHost(work func()) (inside bool) {
	found, ok := hosts.Load(goroutineNumber())
	if !ok {
		work()
		return false
	}
	h := found.(*host)
	done := make(chan struct{})
	h.work <- func() {
		defer close(done)
		inside = onHost(work)
	}
	<-done
	return inside || h.callback
}
