//go:build cgo

package batchrouter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// entries counts what /proc lists for this process: "fd" or "task".
func entries(t *testing.T, what string) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/" + what)
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	return len(all)
}

// settles waits until a number has come down to at most most.
func settles(t *testing.T, what string, most int, number func() int) {
	t.Helper()
	for began := time.Now(); number() > most; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Errorf("%s: %d, not %d", what, number(), most)
			return
		}
	}
}

func TestThousandRoutersLeaveNothing(t *testing.T) {
	parent, err := os.MkdirTemp("/dev/shm", "batchrouter") // a thousand new databases: in memory, where there is one
	if err != nil {
		parent = t.TempDir()
	}
	defer os.RemoveAll(parent)
	config := Config{Settings: map[string]string{"state_dir": parent + "/state"}, Event: func(Event) {}}
	open := func() {
		router, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := router.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open()
	descriptors, goroutines, threads := entries(t, "fd"), runtime.NumGoroutine(), entries(t, "task")
	for i := 0; i < 1000; i++ {
		open()
	}
	settles(t, "descriptors", descriptors, func() int { return entries(t, "fd") })
	settles(t, "goroutines", goroutines, runtime.NumGoroutine)
	settles(t, "threads", threads+4, func() int { return entries(t, "task") }) // Go keeps a few idle ones
}

func TestLockedDirectoryIsAnErrorOfItsOwn(t *testing.T) {
	config := Config{Settings: map[string]string{"state_dir": t.TempDir() + "/state"}}
	openRouter(t, config)
	_, err := New(config)
	wantCode(t, err, ErrLocked)
}

func TestClosedRouterSaysSo(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t).settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2; i++ {
		if err := router.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = router.Submit(withTimeout(t), twoQuestions())
	wantCode(t, err, ErrClosed)
	wantCode(t, job.Wait(withTimeout(t)), ErrClosed)
	wantCode(t, job.Refresh(withTimeout(t)), ErrClosed)
	if job.Status().Counts.Total != 2 || router.Providers() != nil {
		t.Error("the snapshot is gone, or the router is not")
	}
}

func TestCloseEndsCallsThatWait(t *testing.T) {
	emulator := startEmulator(t, "--fault", "GET /v1/batches/* hang count=0")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	if err := job.WaitSubmitted(withTimeout(t)); err != nil {
		t.Fatal(err)
	}
	calls := []func() error{
		func() error { return job.Wait(context.Background()) },
		func() error { return job.Refresh(context.Background()) },
		func() error { return job.Each(context.Background(), func(*Result) error { return nil }) },
	}
	ended := make(chan error, len(calls))
	for _, call := range calls {
		call := call
		go func() { ended <- call() }()
	}
	runtime.Gosched()
	if err := router.Close(); err != nil {
		t.Fatal(err)
	}
	for range calls {
		if err := <-ended; err == nil {
			t.Error("a call went on")
		}
	}
}

func TestContextEndsEveryWait(t *testing.T) {
	emulator := startEmulator(t, "--fault", "GET /v1/batches/* hang count=0", "--fault", "GET /v1/batches hang count=0",
		"--fault", "POST /v1/batches/*/cancel hang count=0")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	if err := job.WaitSubmitted(withTimeout(t)); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(context.Context) error{
		"wait":    job.Wait,
		"refresh": job.Refresh,
		"cancel":  func(ctx context.Context) error { _, err := job.Cancel(ctx); return err },
		"each":    func(ctx context.Context) error { return job.Each(ctx, func(*Result) error { return nil }) },
		"run":     func(ctx context.Context) error { return router.WaitAll(ctx, job) },
		"remote":  func(ctx context.Context) error { _, err := router.RemoteJobs(ctx, "openai", 5); return err },
		"many":    func(ctx context.Context) error { return router.RefreshAll(ctx, job) },
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		if err := call(ctx); err == nil {
			t.Errorf("%s: began after its context had ended", name)
		}
	}
}

func TestWaitingGoroutinesCostNoThread(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--fault", "batch stall").settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	threads := entries(t, "task")
	ctx, cancel := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	for i := 0; i < 500; i++ {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			if err := job.Wait(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
	}
	for i := 0; i < 20; i++ {
		if err := job.Update(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if now := entries(t, "task"); now > threads+50 {
		t.Errorf("%d threads, %d before", now, threads)
	}
	cancel()
	waiting.Wait()
}

func TestPanicsInCallbacksAreReturnedByClose(t *testing.T) {
	router := openRouter(t, Config{
		Settings: startEmulator(t, "--polls", "2").settings(t),
		Event:    func(event Event) { panic("event " + event.Kind.String()) },
		Log:      func(LogLevel, string) { panic("log") },
		LogLevel: LogDebug,
	})
	job, err := router.SubmitFunc(withTimeout(t), twoQuestions(), func(*Job) { panic("done") })
	if err != nil {
		t.Fatal(err)
	}
	if results := collect(t, job); len(results) != 2 {
		t.Errorf("%d results", len(results))
	}
	var caught *PanicError
	if err := router.Close(); !errors.As(err, &caught) || len(caught.Stack) == 0 {
		t.Error(err)
	}
}

func TestCallbackMayCloseTheRouter(t *testing.T) {
	var router *Router
	ready, closed := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	router = openRouter(t, Config{Settings: startEmulator(t).settings(t), Event: func(Event) {
		<-ready
		once.Do(func() { closed <- router.Close() })
	}})
	close(ready)
	// The first event may close the router before Submit is back.
	if _, err := router.Submit(withTimeout(t), twoQuestions()); err != nil && !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestGarbageCollectorDuringCallbacks(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	var events, lines, done atomic.Int64
	router := openRouter(t, Config{
		Settings: startEmulator(t, "--polls", "5").settings(t),
		Event:    func(event Event) { events.Add(int64(len(event.JSON)) + event.Counts.Total) },
		Log:      func(_ LogLevel, line string) { lines.Add(int64(len(strings.Repeat(line, 2)))) },
		LogLevel: LogDebug,
	})
	var jobs sync.WaitGroup
	for i := 0; i < 4; i++ {
		jobs.Add(1)
		go func() {
			defer jobs.Done()
			job, err := router.SubmitFunc(withTimeout(t), manyQuestions(300), func(*Job) { done.Add(1) })
			if err != nil {
				t.Error(err)
				return
			}
			kept := collect(t, job)
			for id, result := range kept {
				if !strings.HasPrefix(result.Text(), "answer to "+id+" ") {
					t.Errorf("%s: %q", id, result.Text())
				}
			}
			if len(kept) != 300 {
				t.Errorf("%d results", len(kept))
			}
		}()
	}
	jobs.Wait()
	settles(t, "done callbacks missing", 0, func() int { return 4 - int(done.Load()) })
	if events.Load() == 0 || lines.Load() == 0 {
		t.Error("no events, or no log")
	}
}

func TestEachThatFailsLosesNothing(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2").settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(300))
	if err != nil {
		t.Fatal(err)
	}
	seen, refused := make(map[string]int), errors.New("refused")
	take := func(result *Result) error {
		if seen[result.CustomID()]++; len(seen) == 10 || len(seen) == 270 {
			return refused
		}
		return nil
	}
	for i := 0; i < 2; i++ {
		if err := job.Each(withTimeout(t), take); err != refused {
			t.Fatal(err)
		}
	}
	if err := job.Each(withTimeout(t), take); err != nil {
		t.Fatal(err)
	}
	if err := job.Update(); err != nil || len(seen) != 300 {
		t.Errorf("%d results, %v", len(seen), err)
	}
}

func TestStoredResultsComeInTheOrderOfTheRequests(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2").settings(t)})
	jobs, err := router.Run(withTimeout(t), manyQuestions(300), NewBatch("openai").Add(
		NewRequest("other", "gpt-4o-mini").User("x")).Name("name").SetMeta("team", "a"))
	if err != nil || len(jobs) != 2 || jobs[1].Status().Name != "name" {
		t.Fatal(err, jobs)
	}
	next := 0
	err = jobs[0].EachStored(OrderInput, func(result *Result) error {
		if want := fmt.Sprintf("r%d", next); result.CustomID() != want {
			t.Errorf("%s instead of %s", result.CustomID(), want)
		}
		next++
		return nil
	})
	var lines strings.Builder
	rows, failed, writeErr := jobs[0].WriteResults(&lines, OrderArrival)
	if err != nil || writeErr != nil || next != 300 || rows != 300 || failed != 0 || strings.Count(lines.String(), "\n") != 300 {
		t.Errorf("%v %v %d %d %d", err, writeErr, next, rows, failed)
	}
	if err := jobs[0].AckAll(); err != nil {
		t.Fatal(err)
	}
	if err := jobs[0].Update(); err != nil || jobs[0].Counts().Acked != 300 {
		t.Errorf("%+v %v", jobs[0].Counts(), err)
	}
}

func TestJobsAreListedAndRemoved(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2", "--fault", "batch rows_missing").settings(t)})
	jobs, err := router.Run(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	if rows, err := jobs[0].WriteFailed(&lines); err != nil || rows != 1 || !strings.Contains(lines.String(), `"request-`) {
		t.Errorf("%d %v %s", rows, err, &lines)
	}
	remote, err := router.RemoteJobs(withTimeout(t), "openai", 0)
	if err != nil || len(remote) != 1 || remote[0].ID() != "" || remote[0].Status().BatchIDs[0] != jobs[0].Status().BatchIDs[0] {
		t.Fatal(err, remote)
	}
	if taken, err := router.CancelAll(withTimeout(t), jobs...); err != nil || taken[0] {
		t.Error(taken, err)
	}
	if err := router.RefreshAll(withTimeout(t), jobs...); err != nil {
		t.Error(err)
	}
	if err := jobs[0].Remove(); err != nil {
		t.Fatal(err)
	}
	_, err = router.Open(jobs[0].ID())
	wantCode(t, err, ErrNotFound)
	if all, err := router.Jobs("openai", 0); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

func TestProvidersAreTakenOutAndIn(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t).settings(t)})
	if err := router.RemoveProvider("openai"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, router.RemoveProvider("openai"), ErrAlready)
	if _, err := router.Submit(withTimeout(t), twoQuestions()); !errors.Is(err, ErrNoProvider) {
		t.Error(err)
	}
	if err := router.AddProvider("openai"); err != nil || !router.HasProvider("openai") || len(router.Providers()) < 2 {
		t.Error(err, router.Providers())
	}
	if err := router.Resume(); err != nil || !strings.HasPrefix(string(router.Stats()), "{") {
		t.Error(err, string(router.Stats()))
	}
}

func TestBlockedJobGoesOnWithAnotherKey(t *testing.T) {
	emulator := startEmulator(t, "--polls", "2", "--fault", "POST /v1/files insufficient_quota")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	failure := wantCode(t, job.Each(withTimeout(t), func(*Result) error { return nil }), ErrQuota)
	if failure.Hint == "" || !job.Status().Blocked {
		t.Errorf("%+v", failure)
	}
	if err := job.Resume(); err != nil {
		t.Fatal(err)
	}
	if results := collect(t, job); len(results) != 2 {
		t.Errorf("%d results", len(results))
	}
}
