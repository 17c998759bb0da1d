//go:build cgo

package batchrouter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestABatchThatTwoGoroutinesUseIsWholeForBoth(t *testing.T) {
	const count, users = 200, 4
	for round := 0; round < 20; round++ {
		batch := manyQuestions(count)
		var wait sync.WaitGroup
		for i := 0; i < users; i++ {
			wait.Add(1)
			go func() {
				defer wait.Done()
				if plan, err := (Config{}).Plan(batch); err != nil || plan.Requests != count {
					t.Error(plan, err)
				}
				if err := (Config{}).Convert(batch, io.Discard); err != nil {
					t.Error(err)
				}
			}()
		}
		wait.Wait()
		// Whether they meet is chance; that nothing is written by reading is none.
		if len(batch.steps) == 0 || len(batch.parts) != 0 {
			t.Error("planning changed the batch: ", len(batch.steps), len(batch.parts))
		}
	}
}

func TestABatchThatTwoGoroutinesSubmitIsSentWholeTwice(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "1").settings(t)})
	batch := manyQuestions(100)
	var wait sync.WaitGroup
	for i := 0; i < 2; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			job, err := router.Submit(withTimeout(t), batch)
			if err != nil || job.Counts().Total != 100 {
				t.Error(job, err)
			}
		}()
	}
	wait.Wait()
}

var wrongTexts = []string{"a\xff", "b\xed\xa0\x80", "c\xc3(", "d\xe2\x82"}

func TestTextThatIsNotUTF8IsRefusedBeforeAnythingIsSent(t *testing.T) {
	emulator := startEmulator(t)
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	good := func() *Request { return NewRequest("a", "gpt-4o-mini").User("?") }
	for _, wrong := range wrongTexts {
		for name, batch := range map[string]*Batch{
			"id":         NewBatch("openai").Add(NewRequest(wrong, "gpt-4o-mini").User("?")),
			"model":      NewBatch("openai").Add(NewRequest("a", wrong).User("?")),
			"text":       NewBatch("openai").Add(NewRequest("a", "gpt-4o-mini").User(wrong)),
			"system":     NewBatch("openai").Add(good().System("x", wrong)),
			"media type": NewBatch("openai").Add(good().Image(SourceURL, wrong, "x")),
			"image":      NewBatch("openai").Add(good().Image(SourceURL, "", wrong)),
			"stop":       NewBatch("openai").Add(good().Generation("stop_sequences", []string{"x", wrong})),
			"field":      NewBatch("openai").Add(good().Field("provider_kwargs", map[string]interface{}{"x": &wrong})),
			"key":        NewBatch("openai").Add(good().Field("provider_kwargs", map[string]int{wrong: 1})),
			"line":       NewBatch("openai").AddJSONL(`{"custom_id":"` + wrong + `","model":"m","messages":[{"role":"user","content":"x"}]}`),
			"provider":   NewBatch(wrong).Add(good()),
			"name":       NewBatch("openai").Add(good()).Name(wrong),
			"meta":       NewBatch("openai").Add(good()).SetMeta("x", wrong),
			"output":     NewBatch("openai").Add(good()).Set("output", wrong),
		} {
			_, err := router.Submit(withTimeout(t), batch)
			if !errors.Is(err, ErrInput) && !errors.Is(err, ErrInvalid) {
				t.Errorf("%s %q: %v", name, wrong, err)
			}
		}
		_, err := router.Open(wrong)
		wantCode(t, err, ErrInvalid)
		_, err = router.Attach("openai", wrong)
		wantCode(t, err, ErrInvalid)
		_, err = ParseRequest([]byte(`{"custom_id":"` + wrong + `","model":"m","messages":[{"role":"user","content":"x"}]}`))
		wantCode(t, err, ErrInput)
	}
	if creates := emulator.ledger(t)["creates"]; creates != 0.0 {
		t.Error("sent: ", creates)
	}
	// A replacement character that was given is text like any other.
	if _, err := NewRequest("a\ufffd", "m").Generation("stop_sequences", []string{"\ufffd", `\ufffd`}).User("\ufffd").JSON(); err != nil {
		t.Error(err)
	}
}

// A test that fails in a callback calls runtime.Goexit.
func TestGoexitInCallbacksEndsThoseAlone(t *testing.T) {
	events, logs := make(chan EventKind, 1000), make(chan struct{}, 1000)
	settings := startEmulator(t, "--polls", "1").settings(t)
	router, err := New(Config{Settings: settings, LogLevel: LogDebug, Event: func(event Event) {
		events <- event.Kind
		runtime.Goexit()
	}, Log: func(LogLevel, string) {
		select {
		case logs <- struct{}{}:
		default:
		}
		runtime.Goexit()
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2; i++ {
		done := make(chan struct{})
		job, err := router.SubmitFunc(withTimeout(t), twoQuestions(), func(*Job) {
			close(done)
			runtime.Goexit()
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := collect(t, job); len(got) != 2 {
			t.Error(len(got))
		}
		<-done
	}
	seen := make(map[EventKind]int)
	for seen[EventJobDone] < 2 {
		select {
		case kind := <-events:
			seen[kind]++
		case <-withTimeout(t).Done():
			t.Fatal("events end with the first one: ", seen)
		}
	}
	closed := make(chan error)
	go func() { closed <- router.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the router cannot be closed")
	}
	openRouter(t, Config{Settings: settings}) // its directory is free
}

// quitter is a provider whose function that is named ends its goroutine, once.
type quitter struct {
	echo
	in   string
	quit sync.Once
}

func (q *quitter) leave(in string) {
	if q.in == in {
		q.quit.Do(runtime.Goexit)
	}
}
func (q *quitter) SupportsModel(string) bool            { q.leave("SupportsModel"); return true }
func (q *quitter) Prepare(line string) (string, error)  { q.leave("Prepare"); return line, nil }
func (q *quitter) Submit(b SubmitBatch) (string, error) { q.leave("Submit"); return q.echo.Submit(b) }
func (q *quitter) Poll(id string) (BatchStatus, error)  { q.leave("Poll"); return q.echo.Poll(id) }
func (q *quitter) Fetch(id string, rows io.Writer) error {
	q.leave("Fetch")
	return q.echo.Fetch(id, rows)
}
func (q *quitter) List(m string, n int) ([]ListedBatch, error) { q.leave("List"); return nil, nil }

func TestGoexitInAProviderFailsThatCallAlone(t *testing.T) {
	for _, in := range []string{"SupportsModel", "Prepare", "Submit", "Poll", "Fetch", "List"} {
		provider := &quitter{echo: echo{paths: make(map[string]string)}, in: in}
		if err := RegisterProvider("quitter", "", provider); err != nil {
			t.Fatal(err)
		}
		router, err := New(Config{Settings: map[string]string{"state_dir": t.TempDir() + "/state", "poll.interval_ms": "5",
			"retry.base_ms": "1", "retry.cap_ms": "5"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		job, err := router.Submit(ctx, NewBatch("quitter").Add(NewRequest("a", "echo-1").User("?")))
		if refused := in == "SupportsModel" || in == "Prepare"; (err != nil) != refused {
			t.Error(in, err)
		}
		if job != nil {
			_ = job.Wait(ctx)
		}
		_, _ = router.RemoteJobs(ctx, "quitter", 1)
		cancel()
		if err := router.Close(); err != nil {
			t.Error(in, err)
		}
		if err := UnregisterProvider("quitter"); err != nil {
			t.Error(in, err)
		}
	}
}

type exitingWriter struct{}

func (exitingWriter) Write([]byte) (int, error) { runtime.Goexit(); return 0, nil }

func TestGoexitInAWriterEndsTheGoroutineThatWrites(t *testing.T) {
	job := doneJob(t, 3)
	ended, returned := make(chan struct{}), false
	go func() {
		defer close(ended)
		_, _, _ = job.WriteResults(exitingWriter{}, OrderArrival)
		returned = true
	}()
	<-ended
	if returned {
		t.Error("it went on")
	}
	var all strings.Builder
	if rows, _, err := job.WriteResults(&all, OrderArrival); rows != 3 || err != nil {
		t.Error(rows, err)
	}
}

// One loop has fetched a block and sits on it; another one comes and reads to the end.
func TestTheEndIsToldWhenNothingIsLeftUnread(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "1").settings(t)})
	var job *Job
	for name, each := range map[string]func(func(*Result) error) error{
		"job":    func(f func(*Result) error) error { return job.Each(withTimeout(t), f) },
		"router": func(f func(*Result) error) error { return router.Each(withTimeout(t), f) },
		"blocks": func(f func(*Result) error) error {
			return job.EachBlock(withTimeout(t), func(b *Block) error {
				for i := 0; i < b.Len(); i++ {
					if err := f(b.At(i).Copy()); err != nil {
						return err
					}
				}
				return nil
			})
		},
	} {
		next, err := router.Submit(withTimeout(t), manyQuestions(256))
		if err != nil {
			t.Fatal(err)
		}
		job = next
		if err := job.Wait(withTimeout(t)); err != nil {
			t.Fatal(err)
		}
		stop, took, leave := errors.New("stop"), make(chan struct{}), make(chan struct{})
		stopped := make(chan error)
		go func() {
			stopped <- job.Each(withTimeout(t), func(*Result) error {
				close(took)
				<-leave
				return stop
			})
		}()
		<-took
		wantCode(t, job.AckAll(), ErrNotComplete)
		seen := make(map[string]bool)
		if err := each(func(r *Result) error { seen[r.CustomID()] = true; return nil }); err != nil {
			t.Error(name, err)
		}
		close(leave)
		if err := <-stopped; err != stop {
			t.Error(name, err)
		}
		if len(seen) != 255 {
			t.Error(name, "was told the end after", len(seen), "of 255")
		}
		if err := router.Each(withTimeout(t), func(*Result) error { return errors.New("one was left") }); err != nil {
			t.Error(name, err)
		}
	}
}

// The same with a reader that waits, for another job goes on: what is left behind comes to it at once.
func TestWhoWaitsGetsWhatAnotherLoopLeftBehind(t *testing.T) {
	emulator := startEmulator(t, "--polls", "1", "--fault", "batch stall nth=2")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(256))
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Wait(withTimeout(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := router.Submit(withTimeout(t), manyQuestions(1)); err != nil {
		t.Fatal(err)
	}
	enough, count := errors.New("enough"), 0
	stop, waiting, took := errors.New("stop"), make(chan error), make(chan struct{})
	go func() {
		<-took
		waiting <- router.Each(withTimeout(t), func(*Result) error {
			if count++; count == 255 {
				return enough
			}
			return nil
		})
	}()
	err = job.Each(withTimeout(t), func(*Result) error {
		close(took)
		for watched := false; !watched; runtime.Gosched() { // until the other one waits
			router.core.mu.Lock()
			watched = router.core.happened[""] != nil
			router.core.mu.Unlock()
		}
		return stop
	})
	if err != stop {
		t.Error(err)
	}
	if err := <-waiting; err != enough {
		t.Error(fmt.Sprint(count, " came: "), err)
	}
}

// Many loops that stop at random places: each result comes once.
func TestLoopsThatStopAndStealLoseNothing(t *testing.T) {
	job := doneJob(t, 3000)
	var mu sync.Mutex
	seen := make(map[string]int)
	stop := errors.New("stop")
	var wait sync.WaitGroup
	for i := 0; i < 4; i++ {
		wait.Add(1)
		go func(most int) {
			defer wait.Done()
			for {
				taken := 0
				err := job.Each(withTimeout(t), func(r *Result) error {
					mu.Lock()
					seen[r.CustomID()]++
					mu.Unlock()
					if taken++; taken == most {
						return stop
					}
					return nil
				})
				if err == nil {
					return
				}
				if err != stop {
					t.Error(err)
					return
				}
			}
		}(17*i + 3)
	}
	wait.Wait()
	if len(seen) != 3000 {
		t.Error(len(seen))
	}
	for id, times := range seen {
		if times != 1 {
			t.Error(id, times)
		}
	}
}
