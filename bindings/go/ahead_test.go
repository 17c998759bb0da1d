//go:build cgo

package batchrouter

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// stopAfter reads so many results, and leaves the rest of their block behind.
func stopAfter(t *testing.T, job *Job, count int) {
	t.Helper()
	stop := errors.New("stop")
	seen := 0
	err := job.Each(withTimeout(t), func(*Result) error {
		if seen++; seen == count {
			return stop
		}
		return nil
	})
	if err != stop {
		t.Fatal(err)
	}
}

func doneJob(t *testing.T, count int, arguments ...string) *Job {
	t.Helper()
	emulator := startEmulator(t, append([]string{"--polls", "1"}, arguments...)...)
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	job, err := router.Submit(withTimeout(t), manyQuestions(count))
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Wait(withTimeout(t)); err != nil {
		t.Fatal(err)
	}
	return job
}

// Loops inside of each other that all stop leave more than one block behind.
func TestBlocksOfWhatManyLoopsLeftBehindAreNoLargerThanOthers(t *testing.T) {
	job := doneJob(t, 700)
	stop := errors.New("stop")
	err := job.Each(withTimeout(t), func(*Result) error {
		stopAfter(t, job, 1)
		return stop
	})
	if err != stop {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	err = job.EachBlock(withTimeout(t), func(b *Block) error {
		if b.Len() > 256 {
			t.Error(b.Len())
		}
		for i := 0; i < b.Len(); i++ {
			seen[string(b.At(i).CustomID())] = true
		}
		return nil
	})
	if err != nil || len(seen) != 698 {
		t.Error(len(seen), err)
	}
}

func TestAckOfABlockWhoseTurnIsOverIsAnError(t *testing.T) {
	var kept *Block
	if err := doneJob(t, 3).EachStoredBlock(OrderArrival, func(b *Block) error { kept = b; return nil }); err != nil {
		t.Fatal(err)
	}
	wantCode(t, kept.Ack(), ErrInvalid)
}

// A job of two models are two batches, the second of which does not end.
func TestAckAllOfARunningJobTakesNothingThatNobodySaw(t *testing.T) {
	emulator := startEmulator(t, "--polls", "1", "--fault", "batch stall nth=2")
	router := openRouter(t, Config{Settings: emulator.settings(t)})
	batch := NewBatch("openai")
	for i := 0; i < 10; i++ {
		model := "gpt-4o-mini"
		if i >= 5 {
			model = "gpt-4o"
		}
		batch.Add(NewRequest(fmt.Sprint("r", i), model).User("?"))
	}
	job, err := router.Submit(withTimeout(t), batch)
	if err != nil {
		t.Fatal(err)
	}
	stopAfter(t, job, 2)
	wantCode(t, job.AckAll(), ErrNotComplete)
	stopAfter(t, job, 3) // those that were left
	if err := job.AckAll(); err != nil {
		t.Error(err)
	}
	if err := job.Update(); err != nil || job.Counts().Acked != 5 {
		t.Error(job.Counts(), err)
	}
}

func TestSubmitAllTellsOfEachWrongBatch(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t).settings(t)})
	wrong := func() *Batch { return NewBatch("openai").Add(NewRequest("a", "")) }
	_, err := router.SubmitAll(withTimeout(t), wrong(), twoQuestions(), wrong())
	wantCode(t, err, ErrInput)
	var all *Error
	if !errors.As(err, &all) || len(all.Errors) != 3 {
		t.Fatalf("%#v", err)
	}
	for i, one := range all.Errors {
		if (one == nil) != (i == 1) {
			t.Error(i, one)
		}
	}
}

func TestAJobThatIsNilIsAnError(t *testing.T) {
	router := openRouter(t, Config{Settings: startEmulator(t).settings(t)})
	wantCode(t, router.WaitAll(withTimeout(t), nil), ErrInvalid)
}

func TestAttachOfAKnownBatchSaysThatItExisted(t *testing.T) {
	job := doneJob(t, 2)
	router := &Router{job.core}
	attached, err := router.Attach("openai", job.Status().BatchIDs[0])
	if err != nil || !attached.Existed() || attached.ID() != job.ID() {
		t.Error(attached, err)
	}
}

func TestRetryAndAttachTakeOptions(t *testing.T) {
	job := doneJob(t, 2, "--fail-rate", "1")
	retry, err := job.Retry(withTimeout(t))
	if err != nil || retry.Existed() {
		t.Fatal(retry, err)
	}
	same, err := job.RetryWith(withTimeout(t), NewBatch("").Set("finished", "refuse"), nil)
	if err != nil || !same.Existed() || same.ID() != retry.ID() {
		t.Error(same, err)
	}
	elsewhere := openRouter(t, Config{Settings: map[string]string{"state_dir": t.TempDir() + "/state",
		"openai.base_url": job.Status().BaseURL, "openai.api_key": "test-key"}})
	output := t.TempDir() + "/out.jsonl"
	attached, err := elsewhere.AttachWith("openai", job.Status().BatchIDs[0], NewBatch("").Set("output", output))
	if err != nil || attached.Existed() || attached.Status().Output != output {
		t.Error(attached, err)
	}
}

// inDoubt is a job of which nobody knows whether it was submitted, and the id of a batch with the same ids.
func inDoubt(t *testing.T) (*Job, string) {
	t.Helper()
	emulator := startEmulator(t, "--polls", "1", "--fault", "POST /v1/batches reset_after_read nth=2")
	other := openRouter(t, Config{Settings: emulator.settings(t)})
	made, err := other.Submit(withTimeout(t), manyQuestions(2))
	if err != nil || made.Wait(withTimeout(t)) != nil {
		t.Fatal(err)
	}
	settings := emulator.settings(t)
	settings["submit.on_unknown"], settings["submit.settle_ms"] = "wait", "0"
	job, err := openRouter(t, Config{Settings: settings}).Submit(withTimeout(t), manyQuestions(2))
	if err != nil || job.Wait(withTimeout(t)) != nil || !job.Status().Blocked {
		t.Fatal(job, err)
	}
	return job, made.Status().BatchIDs[0]
}

func TestAPersonDecidesWhatIsInDoubt(t *testing.T) {
	job, id := inDoubt(t)
	if err := job.Adopt(0, id); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, job); len(got) != 2 || got["r0"] == nil || got["r0"].Err() != nil {
		t.Error(got)
	}
	wantCode(t, job.Adopt(0, "batch_other"), ErrInvalid)
	wantCode(t, job.Abandon(), ErrInvalid)
	if changed, err := job.Refetch(withTimeout(t)); changed != 0 || err != nil {
		t.Error(changed, err)
	}
	job, _ = inDoubt(t)
	_, err := job.Refetch(withTimeout(t))
	wantCode(t, err, ErrNotComplete)
	if err := job.Abandon(); err != nil {
		t.Fatal(err)
	}
	for id, result := range collect(t, job) {
		var refused *ResultError
		if !errors.As(result.Err(), &refused) || refused.Type != "abandoned" {
			t.Error(id, result.Err())
		}
	}
}

func TestSystemReplacesWhatWasThere(t *testing.T) {
	for _, c := range []struct {
		request *Request
		want    string
	}{
		{NewRequest("a", "m").System("x").System("y", "z").User("?"), `"system_prompt":["y","z"]`},
		{NewRequest("a", "m").System("x", "y").System("z").User("?"), `"system_prompt":"z"`},
		{NewRequest("a", "m").System("x").System().User("?"), `"system_prompt":""`},
	} {
		json, err := c.request.JSON()
		if err != nil || !bytes.Contains(json, []byte(c.want)) {
			t.Error(string(json), err)
		}
	}
}

// What a result says when it is printed.
func TestResultPrintsItsAnswerOrWhyThereIsNone(t *testing.T) {
	seen := 0
	look := func(want func(*Result) string) func(*Result) error {
		return func(r *Result) error {
			if seen++; r.String() == "" || r.String() != want(r) {
				t.Error(r)
			}
			return nil
		}
	}
	answered, failed := doneJob(t, 1), doneJob(t, 1, "--fault", "batch error_file_only")
	if err := answered.EachStored(OrderArrival, look(func(r *Result) string { return r.Text() })); err != nil {
		t.Error(err)
	}
	if err := failed.EachStored(OrderArrival, look(func(r *Result) string { return r.Err().Error() })); err != nil {
		t.Error(err)
	}
	if seen != 2 {
		t.Error(seen)
	}
}
