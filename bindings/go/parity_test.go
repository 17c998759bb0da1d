//go:build cgo

package batchrouter

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What of the header has no use here, and why.
var notBound = map[string]string{
	"br_next_result":    "br_next_results takes blocks",
	"br_run":            "Router.Run is SubmitAll and WaitAll, so that a context ends the wait without a blocked thread",
	"br_results_follow": "Job.Results gives the results of a job that runs, and acknowledges them",
	"br_router_fd":      "a goroutine of the router waits in br_poll",
	"br_router_wakeup":  "a context ends one call, by br_router_interrupt",
	"BR_AGAIN":          "a state of the C calls",
	"BR_END":            "a state of the C calls",
	"BR_EXISTS":         "Job.Existed",
	"BR_OK":             "a nil error",
}

// TestParity holds the package to the header: every function is called, every constant has its name.
func TestParity(t *testing.T) {
	header, err := os.ReadFile("../../include/batchrouter.h")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	files, _ := filepath.Glob("*.go")
	for _, file := range append(files, "shim.c", "block.c", "request.c") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	used := make(map[string]bool)
	for _, name := range regexp.MustCompile(`\b(br|BR)_\w+`).FindAllString(source.String(), -1) {
		used[name] = true
	}
	functions := regexp.MustCompile(`(?m)^BR_API [^;()]*?\b(br_\w+)\(`).FindAllStringSubmatch(string(header), -1)
	constants := regexp.MustCompile(`\b(BR_[A-Z_]+) = `).FindAllStringSubmatch(string(header), -1)
	if len(functions) < 100 || len(constants) < 60 {
		t.Fatalf("%d functions and %d constants in the header", len(functions), len(constants))
	}
	for _, match := range append(functions, constants...) {
		name := match[1]
		if reason := notBound[name]; !used[name] && reason == "" {
			t.Errorf("%s is not bound", name)
		}
	}
}
