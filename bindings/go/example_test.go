//go:build cgo

package batchrouter_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	batchrouter "example.com/batchrouter/bindings/go"
)

// Two questions as one batch. The API key is read from OPENAI_API_KEY.
func Example() {
	ctx := context.Background()
	router, err := batchrouter.New(batchrouter.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer router.Close()
	job, err := router.Submit(ctx, batchrouter.NewBatch("openai").Add(
		batchrouter.NewRequest("request-1", "gpt-4o-mini").
			User("What is the capital of France?"),
		batchrouter.NewRequest("request-2", "gpt-4o-mini").
			System("You are a helpful math tutor.").
			User("What is 2+2?")))
	if err != nil {
		log.Fatal(err)
	}
	if err := job.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	counts := job.Counts()
	fmt.Printf("Progress: %d/%d\n", counts.Succeeded, counts.Total)
	err = job.Each(ctx, func(result *batchrouter.Result) error {
		fmt.Println(result.CustomID(), result.Text())
		return nil // acknowledged: it is not handed out again
	})
	if err != nil {
		log.Fatal(err)
	}
}

// Results that are read where they lie: no copy is made but of what the program keeps.
func ExampleJob_EachBlock() {
	ctx := context.Background()
	router, err := batchrouter.New(batchrouter.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer router.Close()
	job, err := router.Submit(ctx, batchrouter.NewBatch("openai").AddFile("requests.jsonl"))
	if err != nil {
		log.Fatal(err)
	}
	var long []string
	err = job.EachBlock(ctx, func(block *batchrouter.Block) error {
		for i := 0; i < block.Len(); i++ {
			if view := block.At(i); len(view.Text()) > 1000 {
				long = append(long, string(view.CustomID())) // the bytes are valid until this function returns
			}
		}
		return nil // all of the block are acknowledged
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(long)
}

func ExampleRequest() {
	line, err := batchrouter.NewRequest("cat", "gpt-4o-mini").
		System("Be brief.").
		User("What is this?").
		Image(batchrouter.SourceURL, "image/png", "https://example.com/cat.png").
		Generation("max_tokens", 64).
		Field("seed", 7).
		JSON()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
	// Output:
	// {"custom_id":"cat","model":"gpt-4o-mini","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image","source_type":"url","media_type":"image/png","data":"https://example.com/cat.png"}]}],"system_prompt":"Be brief.","generation_config":{"max_tokens":64},"seed":7}
}

func ExampleConfig_Convert() {
	batch := batchrouter.NewBatch("openai").Add(batchrouter.NewRequest("hi", "gpt-4o-mini").User("Hi"))
	if err := (batchrouter.Config{}).Convert(batch, os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"custom_id":"hi","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}}
}

func ExampleError() {
	config := batchrouter.Config{Settings: map[string]string{"poll.intervall_ms": "5"}}
	_, err := batchrouter.New(config)
	fmt.Println(errors.Is(err, batchrouter.ErrConfig))
	var failure *batchrouter.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, "-", failure.Hint)
	}
	// Output:
	// true
	// BR_ECONFIG - did you mean "poll.interval_ms"?
}
