//go:build cgo

package batchrouter

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A test that kills a process runs this binary again, as the child named by this variable.
const childVariable = "BATCHROUTER_TEST_CHILD"

func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		name := strings.SplitN(entry, "=", 2)[0]
		if strings.HasSuffix(strings.ToLower(name), "_proxy") || strings.HasSuffix(name, "_BASE_URL") {
			os.Unsetenv(name)
		}
	}
	if os.Getenv(childVariable) != "" {
		runChild()
	}
	os.Exit(m.Run())
}

// emulator is a `batchrouter emulate` of one test.
type emulator struct{ origin, url string }

func startEmulator(t testing.TB, arguments ...string) *emulator {
	t.Helper()
	program := os.Getenv("BATCHROUTER_PROGRAM")
	if program == "" {
		t.Skip("SKIPPED: BATCHROUTER_PROGRAM does not name the program batchrouter")
	}
	command := exec.Command(program, append([]string{"emulate", "--json"}, arguments...)...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the emulator said %q: %v", line, err)
	}
	var hello struct {
		Port     int               `json:"port"`
		BaseURLs map[string]string `json:"base_urls"`
	}
	if err := json.Unmarshal([]byte(line), &hello); err != nil {
		t.Fatal(err)
	}
	return &emulator{origin: fmt.Sprintf("http://127.0.0.1:%d", hello.Port), url: hello.BaseURLs["openai"]}
}

// ledger is what was asked of the emulator so far.
func (e *emulator) ledger(t testing.TB) map[string]interface{} {
	t.Helper()
	answer, err := http.Get(e.origin + "/__emulator/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	ledger := make(map[string]interface{})
	if err := json.NewDecoder(answer.Body).Decode(&ledger); err != nil {
		t.Fatal(err)
	}
	return ledger
}

// settings for the emulator, with short waits.
func (e *emulator) settings(t testing.TB) map[string]string {
	return map[string]string{
		"state_dir": t.TempDir() + "/state", "openai.base_url": e.url, "openai.api_key": "test-key",
		"poll.interval_ms": "10", "poll.max_interval_ms": "20", "retry.base_ms": "1", "retry.cap_ms": "20",
		"submit.settle_ms": "200",
	}
}

func openRouter(t testing.TB, config Config) *Router {
	t.Helper()
	router, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { router.Close() })
	return router
}

func withTimeout(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func twoQuestions() *Batch {
	return NewBatch("openai").Add(
		NewRequest("request-1", "gpt-4o-mini").User("What is the capital of France?"),
		NewRequest("request-2", "gpt-4o-mini").System("You are a helpful math tutor.").User("What is 2+2?"))
}

func manyQuestions(count int) *Batch {
	batch := NewBatch("openai")
	for i := 0; i < count; i++ {
		batch.Add(NewRequest(fmt.Sprintf("r%d", i), "gpt-4o-mini").User("Question"))
	}
	return batch
}

// collect takes every result of a job.
func collect(t testing.TB, job *Job) map[string]*Result {
	t.Helper()
	results := make(map[string]*Result)
	err := job.Each(withTimeout(t), func(result *Result) error {
		if results[result.CustomID()] != nil {
			t.Errorf("%s came twice", result.CustomID())
		}
		results[result.CustomID()] = result
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}
