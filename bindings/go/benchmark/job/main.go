//go:build cgo

// A whole job from Go, for tests/bench/languages.py: every request of a file, or so many made here;
// every answer printed. job FILE|COUNT KEY=VALUE…
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
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
	batch := batchrouter.NewBatch("openai")
	if count, err := strconv.Atoi(os.Args[1]); err == nil {
		for i := 0; i < count; i++ {
			batch.Add(batchrouter.NewRequest(fmt.Sprintf("r%d", i), "gpt-4o-mini").User(fmt.Sprintf("Question %d", i)))
		}
	} else {
		batch.AddFile(os.Args[1])
	}
	if err := run(config, batch, out); err != nil {
		log.Fatal(err)
	}
}

func run(config batchrouter.Config, batch *batchrouter.Batch, out *bufio.Writer) error {
	router, err := batchrouter.New(config)
	if err != nil {
		return err
	}
	defer router.Close()
	job, err := router.Submit(context.Background(), batch)
	if err != nil {
		return err
	}
	err = job.EachBlock(context.Background(), func(block *batchrouter.Block) error {
		for i := 0; i < block.Len(); i++ {
			view := block.At(i)
			if err := view.Err(); err != nil {
				return err
			}
			out.Write(view.CustomID())
			out.WriteString(": ")
			out.Write(view.Text())
			out.WriteByte('\n')
		}
		return nil
	})
	if err != nil {
		return err
	}
	return router.Close()
}
