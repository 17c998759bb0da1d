//go:build cgo

// A whole job from Go, for tests/bench/languages.py: every request of a file, every answer printed. job FILE KEY=VALUE…
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	batchrouter "example.com/batchrouter/bindings/go"
)

func main() {
	settings := map[string]string{}
	for _, setting := range os.Args[2:] {
		key, value, _ := strings.Cut(setting, "=")
		settings[key] = value
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	config := batchrouter.Config{Settings: settings}
	batch := batchrouter.NewBatch("openai").AddFile(os.Args[1])
	err := batchrouter.Run(context.Background(), config, batch, func(result *batchrouter.Result) error {
		fmt.Fprintf(out, "%s: %s\n", result.CustomID(), result.Text())
		return result.Err()
	})
	if err != nil {
		log.Fatal(err)
	}
}
