//go:build cgo

package batchrouter

import (
	"errors"
	"runtime"
	"testing"
)

// untilClosing returns once somebody has begun to close the router.
func untilClosing(router *Router) {
	for !errors.Is(router.Resume(), ErrClosed) {
		runtime.Gosched()
	}
}

// Results that a loop left behind hold the router in C; the router held its callbacks, and those hold the results.
func TestRoutersClosedWithResultsLeftLeaveNothing(t *testing.T) {
	settings := startEmulator(t, "--polls", "1").settings(t)
	stop := errors.New("stop")
	open := func() {
		router, err := New(Config{Settings: settings, Event: func(Event) {}})
		if err != nil {
			t.Fatal(err)
		}
		job, err := router.Submit(withTimeout(t), manyQuestions(20))
		if err != nil {
			t.Fatal(err)
		}
		if err := job.Each(withTimeout(t), func(*Result) error { return stop }); err != stop {
			t.Error(err)
		}
		if err := router.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open()
	descriptors := entries(t, "fd")
	for i := 0; i < 20; i++ {
		open()
	}
	settles(t, "descriptors", descriptors, func() int {
		runtime.GC()
		return entries(t, "fd")
	})
}

// closer is a provider that closes the router in the function that is named.
type closer struct {
	echo
	in      string
	router  *Router
	entered chan struct{}
	closed  chan error
}

func (c *closer) Prepare(line string) (string, error) {
	if c.in == "Prepare" {
		c.closed <- c.router.Close()
	}
	return line, nil
}

func (c *closer) Submit(batch SubmitBatch) (string, error) {
	close(c.entered)
	if c.in == "Submit" {
		untilClosing(c.router) // the other one waits for this function
		c.closed <- c.router.Close()
	}
	return c.echo.Submit(batch)
}

func openCloser(t *testing.T, in string) (*closer, *Router) {
	provider := &closer{echo: echo{paths: make(map[string]string)}, in: in}
	provider.entered, provider.closed = make(chan struct{}), make(chan error, 4)
	if err := RegisterProvider("closer", "", provider); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = UnregisterProvider("closer") })
	router := openRouter(t, Config{Settings: map[string]string{"state_dir": t.TempDir() + "/state"}})
	provider.router = router
	return provider, router
}

func TestCloseInPrepareIsRefusedAndWorksLater(t *testing.T) {
	provider, router := openCloser(t, "Prepare")
	job, err := router.Submit(withTimeout(t), NewBatch("closer").Add(NewRequest("a", "echo-1").User("?")))
	if err != nil || job == nil {
		t.Fatal(err)
	}
	wantCode(t, <-provider.closed, ErrInvalid)
	if err := job.Update(); err != nil {
		t.Error("the router is not open any more: ", err)
	}
	if err := router.Close(); err != nil {
		t.Error(err)
	}
}

func TestTwoMayCloseAtOnceOneOfThemInAProvider(t *testing.T) {
	provider, router := openCloser(t, "Submit")
	if _, err := router.Submit(withTimeout(t), NewBatch("closer").Add(NewRequest("a", "echo-1").User("?"))); err != nil {
		t.Fatal(err)
	}
	<-provider.entered
	if err := router.Close(); err != nil {
		t.Error(err)
	}
	if err := <-provider.closed; err != nil {
		t.Error(err)
	}
}

func TestCloseWaitsForACallbackUnderWay(t *testing.T) {
	entered, leave, left := make(chan struct{}, 100), make(chan struct{}), false
	router := openRouter(t, Config{Settings: startEmulator(t).settings(t), Event: func(Event) {
		entered <- struct{}{}
		<-leave
		left = true
	}})
	if _, err := router.Submit(withTimeout(t), twoQuestions()); err != nil {
		t.Fatal(err)
	}
	<-entered
	go func() {
		<-router.core.closed // in C: from here on no other callback runs
		close(leave)
	}()
	if err := router.Close(); err != nil {
		t.Fatal(err)
	}
	if !left || len(entered) > 0 {
		t.Error("a callback runs after Close, or ran behind the one that Close found")
	}
}
