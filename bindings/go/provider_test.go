//go:build cgo

package batchrouter

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo is a provider whose batches are kept in memory.
type echo struct {
	mu      sync.Mutex
	paths   map[string]string
	polls   int
	panicky bool // Submit makes the batch, and panics
}

func (e *echo) SupportsModel(model string) bool { return model == "echo-1" }

func (e *echo) Prepare(line string) (string, error) {
	if strings.Contains(line, "refuse me") {
		return "", &ProviderError{Code: ErrInput, Message: "messages: no"}
	}
	return line, nil
}

func (e *echo) Submit(batch SubmitBatch) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.paths[batch.Marker] = batch.RequestsPath
	if e.panicky {
		panic("after the batch was made")
	}
	return "id-" + batch.Marker, nil
}

func (e *echo) Poll(string) (BatchStatus, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.polls++; e.polls == 1 {
		panic("the first look")
	}
	return BatchStatus{State: StateCompleted, Word: "done", Completed: time.Now()}, nil
}

func (e *echo) Fetch(id string, rows io.Writer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	text, err := os.ReadFile(e.paths[strings.TrimPrefix(id, "id-")])
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		id := strings.Split(line, `"`)[3]
		fmt.Fprintf(rows, "{\"custom_id\":%q,\"text\":\"echo of %s\"}\n", id, id)
	}
	return nil
}

func (e *echo) List(string, int) (all []ListedBatch, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for marker := range e.paths {
		status := BatchStatus{State: StateInProgress}
		all = append(all, ListedBatch{ID: "id-" + marker, Marker: marker, BatchStatus: status})
	}
	return all, nil
}

func echoBatch(provider, model, question string) *Batch {
	batch := NewBatch(provider)
	for i := 0; i < 100; i++ {
		batch.Add(NewRequest(fmt.Sprintf("r%d", i), model).User(question))
	}
	return batch
}

func TestProviderInGoRunsWholeBatch(t *testing.T) {
	for _, panicky := range []bool{false, true} {
		provider := &echo{paths: make(map[string]string), panicky: panicky}
		if err := RegisterProvider("echo", `{"title":"Echo"}`, provider); err != nil {
			t.Fatal(err)
		}
		if err := RegisterProvider("echo", "", provider); !errors.Is(err, ErrAlready) {
			t.Error(err)
		}
		all := RegisteredProviders()
		if last := all[len(all)-1]; !IsRegistered("echo") || last.Name != "echo" || !strings.Contains(string(last.JSON), "Echo") {
			t.Error(last)
		}
		runEcho(t)
		if err := UnregisterProvider("echo"); err != nil || IsRegistered("echo") || len(provider.paths) != 1 {
			t.Error(err, provider.paths)
		}
	}
}

func runEcho(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	router, err := New(Config{Settings: map[string]string{"state_dir": t.TempDir() + "/state", "poll.interval_ms": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer router.Close()
	for _, wrong := range []*Batch{echoBatch("echo", "echo-2", "x"), echoBatch("echo", "echo-1", "refuse me")} {
		if _, err := router.Submit(ctx, wrong); !errors.Is(err, ErrInput) {
			t.Error(err)
		}
	}
	job, err := router.Submit(ctx, echoBatch("echo", "echo-1", "x"))
	if err != nil {
		t.Fatal(err)
	}
	answers := 0
	err = job.Each(ctx, func(result *Result) error {
		if answers++; result.Text() != "echo of "+result.CustomID() {
			t.Error(result.CustomID(), result.Text())
		}
		return nil
	})
	if err != nil || answers != 100 {
		t.Error(answers, err)
	}
}

// late keeps the writer of Fetch.
type late struct {
	echo
	rows *bufio.Writer
}

func (l *late) Fetch(id string, rows io.Writer) error {
	l.rows = rows.(*bufio.Writer)
	return l.echo.Fetch(id, rows)
}

func TestRowsWrittenAfterFetchHasReturnedAreRefused(t *testing.T) {
	provider := &late{echo: echo{paths: make(map[string]string)}}
	if err := RegisterProvider("echo", "", provider); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = UnregisterProvider("echo") }()
	runEcho(t)
	if _, err := provider.rows.WriteString("{}"); err != nil {
		t.Fatal(err)
	}
	if err := provider.rows.Flush(); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
