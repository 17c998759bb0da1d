//go:build cgo

package batchrouter

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
)

// seen is everything a view says, as told has it of a Result.
func seen(v ResultView) map[string]interface{} {
	said := map[string]interface{}{
		"id": string(v.CustomID()), "status": v.Status(), "job": string(v.JobID()), "batch": string(v.BatchID()),
		"text": string(v.Text()), "model": string(v.Model()), "finish": string(v.FinishReason()),
		"tools": string(v.ToolCalls()), "response": string(v.Response()), "json": string(v.JSON()),
		"redelivered": v.Redelivered(), "in": v.InputTokens(), "out": v.OutputTokens(),
		"cached": v.CachedInputTokens(), "reasoning": v.ReasoningTokens(), "error": nil,
	}
	if err, ok := v.Err().(*ResultError); ok {
		said["error"] = *err
	}
	return said
}

func differ(t *testing.T, what string, got, want map[string]interface{}) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s %s: %v, and in a result %v", what, name, got[name], want[name])
		}
	}
}

// finished is a job of so many requests, some without an answer, and what its results say.
func finished(t *testing.T, count int) (*Router, *Job, map[string]map[string]interface{}) {
	t.Helper()
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2", "--fault", "batch rows_missing").settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(count))
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Wait(withTimeout(t)); err != nil {
		t.Fatal(err)
	}
	said, failed := make(map[string]map[string]interface{}), 0
	err = job.EachStored(OrderArrival, func(r *Result) error {
		said[r.CustomID()] = told(r)
		if r.Err() != nil {
			failed++
		}
		return nil
	})
	if err != nil || len(said) != count || failed == 0 {
		t.Fatal(err, len(said), failed)
	}
	return router, job, said
}

func TestBlocksSayWhatResultsSay(t *testing.T) {
	_, job, said := finished(t, 300)
	var copies []*Result
	var sizes []int
	err := job.EachBlock(withTimeout(t), func(b *Block) error {
		sizes = append(sizes, b.Len())
		for i := 0; i < b.Len(); i++ {
			v := b.At(i)
			differ(t, "view", seen(v), said[string(v.CustomID())])
			copies = append(copies, v.Copy())
		}
		return nil
	})
	if err != nil || len(copies) != 300 || len(sizes) < 2 {
		t.Fatal(err, len(copies), sizes)
	}
	runtime.GC()
	for _, r := range copies {
		differ(t, "copy", told(r), said[r.CustomID()])
	}
	err = job.EachStoredBlock(OrderInput, func(b *Block) error {
		for i := 0; i < b.Len(); i++ {
			if id := string(b.At(i).CustomID()); id != fmt.Sprintf("r%d", 300-len(copies)) {
				t.Fatal(id, len(copies))
			}
			differ(t, "stored", seen(b.At(i)), said[string(b.At(i).CustomID())])
			copies = copies[1:]
		}
		return b.Ack() // does nothing
	})
	if err != nil || len(copies) != 0 {
		t.Error(err, len(copies))
	}
}

func TestBlockIsAcknowledgedWhenItsFunctionReturnsNil(t *testing.T) {
	router, job, _ := finished(t, 600)
	taken, stop := 0, errors.New("stop")
	err := job.EachBlock(withTimeout(t), func(b *Block) error {
		if taken > 0 {
			if err := b.At(0).Ack(); err != nil { // one of the block, and no other
				t.Error(err)
			}
			taken++
			return stop
		}
		taken = b.Len()
		return nil
	})
	if err != stop {
		t.Fatal(err)
	}
	if left := comeAgain(t, router); left+taken != 600 {
		t.Errorf("%d taken, %d left", taken, left)
	}
}

// comeAgain counts what the next router hands out.
func comeAgain(t *testing.T, router *Router) (count int) {
	t.Helper()
	settings := router.core.config.Settings
	if err := router.Close(); err != nil {
		t.Fatal(err)
	}
	err := openRouter(t, Config{Settings: settings}).EachBlock(withTimeout(t), func(b *Block) error {
		for i := 0; i < b.Len(); i++ {
			if !b.At(i).Redelivered() {
				t.Error(string(b.At(i).CustomID()), "is new")
			}
		}
		count += b.Len()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return count
}

// What Each fetched and did not hand out comes in a block as well.
func TestBlocksGoOnWhereEachStopped(t *testing.T) {
	router, job, said := finished(t, 300)
	stop := errors.New("stop")
	var first *Result
	err := job.Each(withTimeout(t), func(r *Result) error {
		first = r
		return stop // handed out, and not acknowledged
	})
	if err != stop {
		t.Fatal(err)
	}
	ids := map[string]bool{first.CustomID(): true}
	err = router.EachBlock(withTimeout(t), func(b *Block) error {
		for i := 0; i < b.Len(); i++ {
			v := b.At(i)
			differ(t, "view", seen(v), said[string(v.CustomID())])
			differ(t, "copy", told(v.Copy()), said[string(v.CustomID())])
			ids[string(v.CustomID())] = true
		}
		return b.At(0).Ack()
	})
	if err != nil || len(ids) != 300 {
		t.Error(err, len(ids))
	}
	if err := first.Ack(); err != nil {
		t.Error(err)
	}
	if left := comeAgain(t, router); left != 0 {
		t.Error(left, "come again")
	}
}

func TestViewAfterItsTurnPanics(t *testing.T) {
	_, job, _ := finished(t, 20)
	var late ResultView
	var over *Block
	stop := errors.New("stop")
	err := job.EachStoredBlock(OrderArrival, func(b *Block) error {
		over, late = b, b.At(0)
		_ = late.Text()
		return stop
	})
	if err != stop || over.Len() != 0 {
		t.Fatal(err, over.Len())
	}
	uses := map[string]func(){
		"Text": func() { late.Text() }, "Status": func() { late.Status() }, "InputTokens": func() { late.InputTokens() },
		"Err": func() { _ = late.Err() }, "Ack": func() { _ = late.Ack() }, "Copy": func() { late.Copy() },
		"Redelivered": func() { late.Redelivered() }, "At": func() { over.At(0) },
	}
	for name, use := range uses {
		func() {
			defer func() {
				if recover() == nil {
					t.Error(name, "of a block that is over")
				}
			}()
			use()
		}()
	}
}

func TestBlocksOfAContextThatEndedLoseNothing(t *testing.T) {
	_, job, _ := finished(t, 30)
	stop := errors.New("stop")
	if err := job.Each(withTimeout(t), func(*Result) error { return stop }); err != stop {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := job.EachBlock(ended, func(*Block) error { return nil }); err != ended.Err() {
		t.Error(err)
	}
	if err := job.Each(ended, func(*Result) error { return nil }); err != ended.Err() {
		t.Error(err)
	}
	left := 0
	err := job.EachBlock(withTimeout(t), func(b *Block) error {
		left += b.Len()
		return nil
	})
	if err != nil || left != 29 {
		t.Error(err, left)
	}
}
