//go:build cgo

package batchrouter

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The cases of bindings/conformance/captured.json.
type capturedCases struct {
	Format   int
	Config   map[string]string
	Emulator []string
	Cases    []struct {
		Name   string
		Rounds [][]capturedCall
		Ledger map[string]float64
	}
}

type capturedCall struct {
	Method, Path, Body, Act string
	Headers, Options        map[string]string
	Expect                  struct {
		Passed, Cached bool
		Status         int
		ContentType    string `json:"content_type"`
		BodyHas        string `json:"body_has"`
	}
}

func TestCapturedConformance(t *testing.T) {
	text, err := os.ReadFile("../conformance/captured.json")
	if err != nil {
		t.Fatal(err)
	}
	var all capturedCases
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil || all.Format != 1 || len(all.Cases) < 9 {
		t.Fatal(err, all.Format, len(all.Cases))
	}
	for i := range all.Cases {
		each := all.Cases[i]
		t.Run(each.Name, func(t *testing.T) {
			e := startEmulator(t, all.Emulator...)
			settings := map[string]string{"state_dir": t.TempDir() + "/state", "openai.base_url": e.url}
			for name, value := range all.Config {
				settings[name] = value
			}
			capture, err := openRouter(t, Config{Settings: settings}).Capture()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { capture.Close() })
			for _, round := range each.Rounds {
				runRound(t, capture, e.url, round)
			}
			ledger := e.ledger(t)
			for name, want := range each.Ledger {
				if ledger[name] != want {
					t.Errorf("ledger: %s is %v, not %v", name, ledger[name], want)
				}
			}
		})
	}
}

func runRound(t *testing.T, capture *Capture, url string, round []capturedCall) {
	calls := make([]*Call, len(round))
	for i, each := range round {
		header := make(http.Header)
		for name, value := range each.Headers {
			header.Set(name, value)
		}
		call, err := capture.Take(&Exchange{Method: each.Method, URL: url + each.Path, Header: header,
			Body: []byte(each.Body), Options: each.Options})
		if (err == ErrPass) != each.Expect.Passed || (err != nil && err != ErrPass) {
			t.Fatalf("call %d: %v", i, err)
		}
		calls[i] = call
	}
	if err := capture.Flush(); err != nil {
		t.Fatal(err)
	}
	for i, call := range calls {
		switch {
		case call == nil:
		case round[i].Act == "leave":
			call.Leave()
		default:
			answer, err := call.Wait(withTimeout(t))
			if err != nil {
				t.Fatal(err)
			}
			want := round[i].Expect
			if answer.Status != want.Status || answer.Cached != want.Cached ||
				!strings.HasPrefix(answer.Header.Get("Content-Type"), want.ContentType) ||
				!strings.Contains(string(answer.Body()), want.BodyHas) {
				t.Errorf("call %d: %+v %s", i, answer, answer.Body())
			}
			if round[i].Act != "drop" {
				if err := answer.Delivered(); err != nil {
					t.Error(err)
				}
			}
			answer.Close()
		}
	}
}

func TestExampleOfAnUnmodifiedClientIsAnsweredByOneBatch(t *testing.T) {
	e, stateDir := startEmulator(t, "--polls", "1"), t.TempDir()
	t.Setenv("OPENAI_API_KEY", "test-key")
	for i := 0; i < 2; i++ { // the second run is answered by the answers of the first
		output, err := exec.Command("go", "run", "./examples/capture", "-base-url", e.url, "-state-dir", stateDir,
			"-window-ms", "60000", "-max-requests", "3", "-poll-interval-ms", "5").CombinedOutput()
		if err != nil || strings.Count(string(output), "? answer to ") != 3 {
			t.Fatalf("%v: %s", err, output)
		}
	}
	if ledger := e.ledger(t); ledger["requests_billed"] != 3.0 || ledger["creates"] != 1.0 {
		t.Errorf("%v", ledger)
	}
}
