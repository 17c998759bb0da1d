//go:build cgo

package batchrouter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The cases of bindings/conformance, which every binding runs; its README says what the fields mean.
type conformance struct {
	Format   int
	Config   map[string]string
	Emulator []string
	Provider string
	Cases    []conformanceCase
}

type conformanceCase struct {
	Name, Act, Provider        string
	Config, Batch              map[string]string
	Emulator, Faults, Requests []string
	Repeat                     struct {
		Count int
		Line  string
	}
	Expect expectation
}

type expectation struct {
	Config, Submit, Again, Wait string
	HintHas                     string `json:"hint_has"`
	Issues                      *int
	IssueHas                    string `json:"issue_has"`
	Cancelled, Done, Blocked    *bool
	State                       string
	JobError                    string `json:"job_error"`
	Attempt                     *int
	Counts                      map[string]int64
	Results                     map[string]expectedResult
	ErrorTypes                  map[string]int `json:"error_types"`
	Redelivered                 *bool
	Ledger                      map[string]float64
}

type expectedResult struct {
	Status     string
	TextHas    string `json:"text_has"`
	ErrorType  string `json:"error_type"`
	HTTPStatus *int   `json:"http_status"`
	Transient  *bool
}

func readCases(t *testing.T) conformance {
	text, err := os.ReadFile("../conformance/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all conformance
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	if all.Format != 1 || len(all.Cases) == 0 {
		t.Fatalf("format %d, %d cases", all.Format, len(all.Cases))
	}
	return all
}

func TestConformance(t *testing.T) {
	all := readCases(t)
	for i := range all.Cases {
		c := all.Cases[i]
		if c.Emulator == nil {
			c.Emulator = all.Emulator
		}
		if c.Provider == "" {
			c.Provider = all.Provider
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			arguments := c.Emulator
			for _, fault := range c.Faults {
				arguments = append(arguments[:len(arguments):len(arguments)], "--fault", fault)
			}
			run := &caseRun{T: t, c: c, emulator: startEmulator(t, arguments...), settings: make(map[string]string)}
			for _, settings := range []map[string]string{all.Config, c.Config} {
				for key, value := range settings {
					run.settings[key] = value
				}
			}
			run.settings["state_dir"], run.settings["openai.base_url"] = t.TempDir()+"/state", run.emulator.url
			run.run()
			ledger := run.emulator.ledger(t)
			for name, want := range c.Expect.Ledger {
				if ledger[name] != want {
					t.Errorf("ledger: %s is %v, not %v", name, ledger[name], want)
				}
			}
		})
	}
}

type caseRun struct {
	*testing.T
	c        conformanceCase
	emulator *emulator
	settings map[string]string
	router   *Router
}

func (r *caseRun) batch() *Batch {
	batch := NewBatch(r.c.Provider)
	for key, value := range r.c.Batch {
		batch.Set(key, value)
	}
	for _, line := range r.c.Requests {
		batch.AddJSONL(line + "\n")
	}
	for i := 0; i < r.c.Repeat.Count; i++ {
		batch.AddJSONL(strings.ReplaceAll(r.c.Repeat.Line, "{n}", fmt.Sprint(i)) + "\n")
	}
	return batch
}

func (r *caseRun) open() error {
	router, err := New(Config{Settings: r.settings})
	if err == nil {
		r.router = router
		r.Cleanup(func() { router.Close() })
	}
	return err
}

// status is a call's outcome by its C name.
func (r *caseRun) status(what string, err error, want string) bool {
	r.Helper()
	got := "BR_OK"
	var failure *Error
	switch {
	case errors.As(err, &failure):
		got = failure.Code.Error()
	case errors.Is(err, context.DeadlineExceeded):
		got = "BR_ETIMEOUT"
	case err != nil:
		r.Fatalf("%s: %v", what, err)
	}
	if got != want {
		r.Fatalf("%s: %s (%v), not %s", what, got, err, want)
	}
	if failure == nil {
		return err == nil
	}
	if !strings.Contains(failure.Hint, r.c.Expect.HintHas) {
		r.Errorf("hint: %q", failure.Hint)
	}
	if r.c.Expect.Issues != nil && failure.IssueTotal != *r.c.Expect.Issues {
		r.Errorf("%d issues, not %d: %q", failure.IssueTotal, *r.c.Expect.Issues, failure.Issues)
	}
	if r.c.Expect.IssueHas != "" && !strings.Contains(failure.Issues[0], r.c.Expect.IssueHas) {
		r.Errorf("issue: %q", failure.Issues[0])
	}
	return false
}

func (r *caseRun) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *caseRun) run() {
	want := r.c.Expect
	if want.Config != "" {
		r.status("config", r.open(), want.Config)
		return
	}
	if r.c.Act == "kill" {
		r.killChild()
	}
	r.must(r.open())
	var job *Job
	var err error
	if r.c.Act == "kill" {
		jobs, err := r.router.Jobs("", 0)
		r.must(err)
		if len(jobs) != 1 {
			r.Fatalf("%d jobs after the kill", len(jobs))
		}
		job = jobs[0]
	} else if job, err = r.router.Submit(withTimeout(r), r.batch()); !r.status("submit", err, want.Submit) {
		return
	}
	job = r.act(job)
	ctx := withTimeout(r)
	if r.c.Act == "wait_briefly" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	}
	r.status("wait", job.Wait(ctx), want.Wait)
	r.judge(job)
}

// act does what the case does beside waiting, and returns the job to judge.
func (r *caseRun) act(job *Job) *Job {
	ctx := withTimeout(r)
	switch r.c.Act {
	case "cancel":
		r.must(job.WaitSubmitted(ctx))
		taken, err := job.Cancel(ctx)
		r.must(err)
		if taken != *r.c.Expect.Cancelled {
			r.Errorf("cancelled: %v", taken)
		}
	case "retry":
		collect(r, job) // to the last, so the job is done
		again, err := job.Retry(ctx)
		r.must(err)
		if again.Status().Parent != job.ID() {
			r.Errorf("parent: %q", again.Status().Parent)
		}
		return again
	case "submit_again":
		again, err := r.router.Submit(ctx, r.batch())
		r.must(err)
		if again.ID() != job.ID() || again.Existed() != (r.c.Expect.Again == "BR_EXISTS") {
			r.Errorf("again: %s, existed %v", again.ID(), again.Existed())
		}
	case "attach":
		r.must(job.WaitSubmitted(ctx))
		r.settings["state_dir"] = r.TempDir() + "/other"
		id := job.Status().BatchIDs[0]
		r.must(r.open())
		attached, err := r.router.Attach(r.c.Provider, id)
		r.must(err)
		return attached
	case "reopen_without_ack":
		r.must(job.Wait(ctx))
		r.must(job.EachUnacknowledged(ctx))
		r.must(r.router.Close())
		r.must(r.open())
		again, err := r.router.Open(job.ID())
		r.must(err)
		return again
	}
	return job
}

// EachUnacknowledged takes every result without acknowledging it.
func (j *Job) EachUnacknowledged(ctx context.Context) error {
	return j.core.pull(ctx, j, func(*Result) bool { return true })
}

func (r *caseRun) judge(job *Job) {
	want, status := r.c.Expect, job.Status()
	if want.Done != nil && status.Done != *want.Done {
		r.Errorf("done: %v", status.Done)
	}
	if want.Blocked != nil && status.Blocked != *want.Blocked {
		r.Errorf("blocked: %v", status.Blocked)
	}
	if want.State != "" && status.State.String() != want.State {
		r.Errorf("state: %v, not %s", status.State, want.State)
	}
	if want.Attempt != nil && status.Attempt != *want.Attempt {
		r.Errorf("attempt: %d", status.Attempt)
	}
	if want.JobError != "" {
		r.status("job", status.Err, want.JobError)
	}
	counts := map[string]int64{"total": status.Counts.Total, "succeeded": status.Counts.Succeeded,
		"errored": status.Counts.Errored, "cancelled": status.Counts.Cancelled, "expired": status.Counts.Expired}
	for name, count := range want.Counts {
		if counts[name] != count {
			r.Errorf("%s: %d, not %d", name, counts[name], count)
		}
	}
	if status.Done {
		r.judgeResults(collect(r, job), status.Counts.Total)
	}
}

func (r *caseRun) judgeResults(results map[string]*Result, total int64) {
	want := r.c.Expect
	if int64(len(results)) != total {
		r.Errorf("%d results of %d", len(results), total)
	}
	types := make(map[string]int)
	for _, result := range results {
		var failure *ResultError
		if errors.As(result.Err(), &failure) {
			types[failure.Type]++
		}
		if want.Redelivered != nil && result.Redelivered() != *want.Redelivered {
			r.Errorf("%s redelivered: %v", result.CustomID(), result.Redelivered())
		}
	}
	for name, count := range want.ErrorTypes {
		if types[name] != count {
			r.Errorf("errors: %v", types)
		}
	}
	for id, expected := range want.Results {
		result := results[id]
		if result == nil {
			r.Errorf("no result for %q", id)
			continue
		}
		failure := &ResultError{}
		errors.As(result.Err(), &failure)
		if result.Status().String() != expected.Status || !strings.Contains(result.Text(), expected.TextHas) ||
			(expected.ErrorType != "" && failure.Type != expected.ErrorType) ||
			(expected.HTTPStatus != nil && failure.HTTPStatus != *expected.HTTPStatus) ||
			(expected.Transient != nil && failure.Transient != *expected.Transient) {
			r.Errorf("result: %s", result.JSON())
		}
	}
}

// killChild submits the batch in another process, and kills it once the vendor has the batch.
func (r *caseRun) killChild() {
	lines := strings.Join(r.c.Requests, "\n")
	input := r.TempDir() + "/in.jsonl"
	r.must(os.WriteFile(input, []byte(lines+"\n"), 0o600))
	settings, err := json.Marshal(r.settings)
	r.must(err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+string(settings), "BATCHROUTER_TEST_INPUT="+input)
	child.Stderr = os.Stderr
	r.must(child.Start())
	for began := time.Now(); r.emulator.ledger(r)["creates"] != 1.0; {
		if time.Since(began) > time.Minute {
			r.Fatal("the child made no batch")
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.must(child.Process.Kill())
	_ = child.Wait()
}

// runChild submits, and goes on until it is killed.
func runChild() {
	settings := make(map[string]string)
	err := json.Unmarshal([]byte(os.Getenv(childVariable)), &settings)
	if err == nil {
		err = Run(context.Background(), Config{Settings: settings},
			NewBatch("openai").AddFile(os.Getenv("BATCHROUTER_TEST_INPUT")), func(*Result) error { select {} })
	}
	fmt.Fprintln(os.Stderr, "the child was not killed:", err)
	os.Exit(1)
}
