//go:build cgo

package batchrouter

import (
	"context"
	"errors"
	"runtime"
	"sort"
	"testing"
	"time"
)

func untilWaiting(router *Router, id string) {
	for watched := false; !watched; runtime.Gosched() {
		router.core.mu.Lock()
		watched = router.core.happened[id] != nil
		router.core.mu.Unlock()
	}
}

// Each loop has all results, and stops when the next one waits: what it gives back is there at a moment that is known.
func TestWhoWaitsHasResultsWithinMilliseconds(t *testing.T) {
	const rounds = 200
	emulator := startEmulator(t, "--polls", "1", "--fault", "batch stall nth=2")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(rounds+1))
	if err != nil || job.Wait(withTimeout(t)) != nil {
		t.Fatal(err)
	}
	if _, err := router.Submit(withTimeout(t), manyQuestions(1)); err != nil { // it does not end
		t.Fatal(err)
	}
	stop := errors.New("stop")
	came, left := make(chan time.Time), make(chan struct{})
	loop := func() {
		_ = router.Each(withTimeout(t), func(*Result) error {
			came <- time.Now()
			<-left
			return stop
		})
	}
	go loop()
	<-came
	var took []time.Duration
	for i := 0; i < rounds; i++ {
		go loop()
		untilWaiting(router, "")
		began := time.Now()
		left <- struct{}{}
		took = append(took, (<-came).Sub(began))
	}
	left <- struct{}{}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	t.Log("median ", took[rounds/2], ", 99 of 100 within ", took[rounds*99/100])
	if took[rounds/2] > 10*time.Millisecond {
		t.Error(took)
	}
}

func TestWaitsEndWhileACallbackBlocks(t *testing.T) {
	entered, leave := make(chan struct{}, 1000), make(chan struct{})
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2").settings(t), Event: func(Event) {
		entered <- struct{}{}
		<-leave
	}})
	defer close(leave)
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	if err := job.Wait(withTimeout(t)); err != nil || !job.Status().Done {
		t.Error(err)
	}
	if got := collect(t, job); len(got) != 2 {
		t.Error(len(got))
	}
}

func TestWaitsEndInsideACallback(t *testing.T) {
	done := make(chan error, 1)
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2", "--fail-rate", "1").settings(t)})
	_, err := router.SubmitFunc(withTimeout(t), twoQuestions(), func(job *Job) {
		again, err := job.Retry(withTimeout(t))
		if err == nil {
			err = again.Wait(withTimeout(t))
		}
		done <- err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// One call is interrupted by its context, and the others are made again.
func TestAContextEndsItsOwnCallOnly(t *testing.T) {
	emulator := startEmulator(t, "--fault", "POST /v1/batches/*/cancel hang count=0", "--fault",
		"GET /v1/batches delay ms=500 count=0", "--fault", "batch stall")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil || job.WaitSubmitted(withTimeout(t)) != nil {
		t.Fatal(err)
	}
	listed := make(chan error)
	go func() {
		_, err := router.RemoteJobs(context.Background(), "openai", 1)
		listed <- err
	}()
	longest, end := context.WithCancel(context.Background())
	last := make(chan error)
	go func() { _, err := job.Cancel(longest); last <- err }()
	for i := 0; i < 50; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { _, err := job.Cancel(ctx); ended <- err }()
		if i%2 == 0 {
			runtime.Gosched()
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	select {
	case err := <-last:
		t.Error("a call whose context goes on was ended: ", err)
	default:
	}
	end()
	if err := <-last; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-listed; err != nil {
		t.Error(err)
	}
}
