//go:build cgo

package batchrouter

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const hello = "examples/hello/main.go"

// runHello runs the example as it is, but for the settings that lead it to the emulator.
func runHello(t *testing.T, e *emulator) (string, error) {
	source, err := os.ReadFile(hello)
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(`batchrouter.Config{Settings: map[string]string{"openai.base_url": %q, "openai.api_key": "key",
		"state_dir": %q, "poll.interval_ms": "10"}}`, e.url, t.TempDir())
	changed := strings.Replace(string(source), "batchrouter.Config{}", settings, 1)
	if changed == string(source) {
		t.Fatal("the example has no configuration to replace")
	}
	replacement := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(replacement, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	directory, _ := os.Getwd()
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(directory, hello): replacement}})
	list := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "run", "-overlay", list, "./examples/hello").CombinedOutput()
	return string(output), err
}

func TestHelloPrintsTheAnswerInAtMostFifteenLines(t *testing.T) {
	output, err := runHello(t, startEmulator(t, "--polls", "2"))
	if err != nil || !strings.HasPrefix(output, "q1 answer to q1 ") {
		t.Fatalf("%v: %s", err, output)
	}
	source, _ := os.ReadFile(hello)
	lines := 0
	for _, line := range strings.Split(string(source), "\n") {
		if line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	if lines > 15 {
		t.Errorf("%d lines", lines)
	}
	readme, _ := os.ReadFile("README.md")
	if _, program, _ := strings.Cut(string(source), "\n"); !strings.Contains(string(readme), program) {
		t.Error("README.md shows another program")
	}
}

func TestHelloWithARefusedKeySaysSo(t *testing.T) {
	output, err := runHello(t, startEmulator(t, "--key", "another"))
	if err == nil || !strings.Contains(strings.ToLower(output), "key") {
		t.Fatalf("%v: %s", err, output)
	}
}
