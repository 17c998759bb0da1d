//go:build cgo

package batchrouter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func wantCode(t *testing.T, err error, code Code) *Error {
	t.Helper()
	var failure *Error
	if !errors.Is(err, code) || !errors.As(err, &failure) {
		t.Fatalf("%v, not %v", err, code)
	}
	return failure
}

func TestNameWithZeroByteIsRefused(t *testing.T) {
	wantCode(t, (Config{Settings: map[string]string{"state\x00dir": "x"}}).Validate(twoQuestions()), ErrInvalid)
	wantCode(t, (Config{}).Validate(NewBatch("openai").Add(NewRequest("a\x00b", "m").User("x"))), ErrInvalid)
	wantCode(t, (Config{}).Validate(NewBatch("open\x00ai")), ErrInvalid)
}

func TestGenerationNamesWithZeroByteAreRefused(t *testing.T) {
	if _, err := NewRequest("a", "m").User("x").Generation("max\x00tokens", 5).JSON(); err == nil {
		t.Error("taken")
	}
}

func TestTextWithZeroByteIsKept(t *testing.T) {
	line, err := NewRequest("a", "m").User("x\x00y").JSON()
	if err != nil || !bytes.Contains(line, []byte(`x\u0000y`)) {
		t.Errorf("%s %v", line, err)
	}
}

func TestValidateReportsEveryLine(t *testing.T) {
	batch := NewBatch("openai").AddJSONL("{}\n[]\n")
	failure := wantCode(t, (Config{}).Validate(batch), ErrInput)
	if failure.IssueTotal != 2 || len(failure.Issues) != 2 || !strings.Contains(failure.Error(), failure.Issues[0]) {
		t.Errorf("%+v", failure)
	}
}

func TestRequestOfOneLineKeepsIt(t *testing.T) {
	const line = `{"custom_id":"a","model":"m","messages":[{"role":"user","content":"Hi"}]}`
	request, err := ParseRequest([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	got, err := request.JSON()
	if err != nil || string(got) != line {
		t.Errorf("%s %v", got, err)
	}
	if _, err := ParseRequest([]byte("{")); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestRequestAddedTwiceIsTwoSnapshots(t *testing.T) {
	request := NewRequest("a", "gpt-4o-mini").User("one")
	batch := NewBatch("openai").Add(request)
	request.Text("two")
	var out bytes.Buffer
	if err := (Config{}).Convert(batch, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "one") || strings.Contains(out.String(), "two") {
		t.Error(out.String())
	}
}

// Requests go to C many at once; lines and what was added before and after them stay in their places.
func TestRequestsAndLinesKeepTheirOrder(t *testing.T) {
	batch, want := NewBatch("openai"), 0
	for round := 0; round < 3; round++ {
		for i := 0; i < 1000; i++ {
			batch.Add(NewRequest(fmt.Sprintf("r%d", want), "gpt-4o-mini").User("Why?", strings.Repeat("b", 100)))
			want++
		}
		batch.AddJSONL(fmt.Sprintf(`{"custom_id":"r%d","model":"m","messages":[{"role":"user","content":"Hi"}]}`, want))
		want++
	}
	var out strings.Builder
	for round := 0; round < 2; round++ { // a batch can be used again
		out.Reset()
		if err := (Config{}).Convert(batch, &out); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != want {
		t.Fatal(len(lines), want)
	}
	for i, line := range lines {
		if !strings.Contains(line, fmt.Sprintf(`"custom_id":"r%d"`, i)) {
			t.Fatal(i, line)
		}
	}
	wrong := NewRequest("a", "m").Text("no message yet")
	if err := (Config{}).Validate(batch.Add(wrong)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestConvertThenDecode(t *testing.T) {
	path := t.TempDir() + "/native.jsonl"
	row := `{"custom_id":"a","response":{"status_code":200,"body":{"model":"m","choices":[{"message":{"content":"Hi"},` +
		`"finish_reason":"stop"}]}},"error":null}` + "\n" + `{"custom_id":"b","response":{"status_code":400,"body":{}}}` + "\n"
	if err := os.WriteFile(path, []byte(row), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	rows, failed, err := (Config{}).Decode("openai", path, &out)
	if err != nil || rows != 2 || failed != 1 || !strings.Contains(out.String(), `"text":"Hi"`) {
		t.Errorf("%d %d %v %s", rows, failed, err, &out)
	}
}

type brokenWriter struct{ panics bool }

var errBroken = errors.New("broken")

func (w brokenWriter) Write([]byte) (int, error) {
	if w.panics {
		panic(errBroken)
	}
	return 0, errBroken
}

func TestWriterThatFailsEndsTheWorkWithItsError(t *testing.T) {
	if err := (Config{}).Convert(twoQuestions(), brokenWriter{}); err != errBroken {
		t.Error(err)
	}
}

func TestWriterThatPanicsPanicsInGo(t *testing.T) {
	defer func() {
		if recover() != errBroken {
			t.Error("another panic")
		}
	}()
	_ = (Config{}).Convert(twoQuestions(), brokenWriter{panics: true})
}

func TestPlanCountsRequests(t *testing.T) {
	plan, err := (Config{}).Plan(twoQuestions())
	if err != nil || plan.Requests != 2 || plan.Batches != 1 || plan.Bytes == 0 || !bytes.HasPrefix(plan.JSON, []byte("{")) {
		t.Errorf("%+v %v", plan, err)
	}
}

func TestTablesAreThere(t *testing.T) {
	names := make(map[string]bool)
	for _, property := range Properties() {
		names[property.Name] = property.Doc != ""
	}
	if !names["state_dir"] {
		t.Error(names)
	}
	if got := (Config{}).Get("poll.interval_ms"); got != "60000" {
		t.Error(got)
	}
	if got := (Config{Settings: map[string]string{"openai.api_key": "secret"}}).Get("openai.api_key"); got != "" {
		t.Error("a key was given back")
	}
	for _, provider := range Providers() {
		names[provider.Name] = bytes.HasPrefix(provider.JSON, []byte("{"))
	}
	if !names["openai"] || Version() == "" || !strings.HasPrefix(BuildInfo(), "{") {
		t.Error(names, Version(), BuildInfo())
	}
	if EventBatchPolled.String() != "batch_polled" || StateInProgress.String() != "in_progress" ||
		StateQueued.Compat() != StateValidating || !StateFailed.Terminal() || ErrLocked.Error() != "BR_ELOCKED" {
		t.Error("a name is wrong")
	}
}
