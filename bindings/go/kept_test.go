//go:build cgo

package batchrouter

import (
	"runtime"
	"sync"
	"testing"
)

// told is everything a result says.
func told(r *Result) map[string]interface{} {
	said := map[string]interface{}{
		"id": r.CustomID(), "status": r.Status(), "job": r.JobID(), "batch": r.BatchID(), "text": r.Text(),
		"model": r.Model(), "finish": r.FinishReason(), "tools": string(r.ToolCalls()), "response": string(r.Response()),
		"json": string(r.JSON()), "redelivered": r.Redelivered(), "in": r.InputTokens(), "out": r.OutputTokens(),
		"cached": r.CachedInputTokens(), "reasoning": r.ReasoningTokens(), "error": nil,
	}
	if err, ok := r.Err().(*ResultError); ok {
		said["error"] = *err
	}
	return said
}

// What a result says after its turn is found in another way than what it says in it.
func TestKeptResultsSayTheSame(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2", "--fault", "batch rows_missing").settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(300))
	if err != nil {
		t.Fatal(err)
	}
	var kept []*Result
	err = job.Each(withTimeout(t), func(r *Result) error {
		kept = append(kept, r)
		return nil
	})
	if err != nil || len(kept) != 300 {
		t.Fatal(err, len(kept))
	}
	runtime.GC()
	inTurn := make(map[string]map[string]interface{})
	err = job.EachStored(OrderArrival, func(r *Result) error {
		inTurn[r.CustomID()] = told(r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for reader := 0; reader < 2; reader++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for _, r := range kept {
				for name, said := range told(r) {
					if said != inTurn[r.CustomID()][name] {
						t.Errorf("%s %s: %v, in its turn %v", r.CustomID(), name, said, inTurn[r.CustomID()][name])
						return
					}
				}
			}
		}()
	}
	all.Wait()
}

func TestAcknowledgedInEachIsSavedByClose(t *testing.T) {
	settings := startEmulator(t, "--polls", "2").settings(t)
	router := openRouter(t, Config{Settings: settings})
	job, err := router.Submit(withTimeout(t), manyQuestions(20))
	if err != nil {
		t.Fatal(err)
	}
	taken := make(map[string]bool)
	_ = job.Each(withTimeout(t), func(r *Result) error {
		if taken[r.CustomID()] = true; len(taken) == 5 {
			return router.Close() // the fifth is not acknowledged: its function had not returned
		}
		return nil
	})
	router = openRouter(t, Config{Settings: settings})
	again, err := router.Open(job.ID())
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	err = again.Each(withTimeout(t), func(*Result) error { left++; return nil })
	if err != nil || left != 16 {
		t.Errorf("%d left, %v", left, err)
	}
}
