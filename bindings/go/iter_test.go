//go:build cgo && go1.23

package batchrouter

import (
	"context"
	"errors"
	"testing"
)

func TestResultsRangeUntilTheLast(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--polls", "2").settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(300))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for round := 0; round < 2; round++ { // the second goes on where the first broke off
		for result, err := range job.Results(withTimeout(t)) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[result.CustomID()] {
				t.Fatal("twice:", result.CustomID())
			}
			seen[result.CustomID()] = true
			if err := result.Ack(); err != nil {
				t.Fatal(err)
			}
			if round == 0 && len(seen) == 10 {
				break
			}
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d results", len(seen))
	}
	for range router.Results(withTimeout(t)) {
		t.Error("a result after the last")
	}
}

func TestResultsEndWithTheContext(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t, "--fault", "batch stall").settings(t)})
	job, err := router.Submit(withTimeout(t), twoQuestions())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range job.Results(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestBlocksRangeUntilTheLast(t *testing.T) {
	router, job, said := finished(t, 600)
	rows, rounds := 0, 0
	for rows < 600 { // each loop but the last stops after a block
		rounds++
		for block, err := range job.Blocks(withTimeout(t)) {
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < block.Len(); i++ {
				differ(t, "view", seen(block.At(i)), said[string(block.At(i).CustomID())])
			}
			rows += block.Len()
			if err := block.Ack(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for range router.Blocks(withTimeout(t)) {
		t.Error("a block after the last")
	}
	if left := comeAgain(t, router); left != 0 || rows != 600 || rounds < 3 {
		t.Error(left, "come again", rows, rounds)
	}
}
