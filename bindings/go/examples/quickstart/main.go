// The quick start: two questions as one batch, its progress, and the answers. Interrupted, it goes on with the job when
// it is started again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	batchrouter "example.com/batchrouter/bindings/go"
)

func main() {
	baseURL := flag.String("base-url", "", "another address of the vendor's API")
	stateDir := flag.String("state-dir", ".batch_router", "where jobs are kept")
	poll := flag.String("poll-interval-ms", "60000", "the first wait between two looks")
	flag.Parse()
	settings := map[string]string{"state_dir": *stateDir, "poll.interval_ms": *poll}
	if *baseURL != "" {
		settings["openai.base_url"] = *baseURL
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, settings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var failure *batchrouter.Error
		if errors.As(err, &failure) {
			for _, issue := range failure.Issues {
				fmt.Fprintln(os.Stderr, " ", issue)
			}
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, settings map[string]string) error {
	router, err := batchrouter.New(batchrouter.Config{Settings: settings})
	if err != nil {
		return err
	}
	defer router.Close()

	batch := batchrouter.NewBatch("openai").Set("continue", "1").Add(
		batchrouter.NewRequest("request-1", "gpt-4o-mini").
			User("What is the capital of France?"),
		batchrouter.NewRequest("request-2", "gpt-4o-mini").
			System("You are a helpful math tutor.").
			User("What is 2+2?"))
	job, err := router.Submit(ctx, batch)
	if err != nil {
		return err
	}
	fmt.Printf("Batch submitted: %s\n", job.ID())

	if err := job.Wait(ctx); err != nil {
		return err
	}
	status := job.Status()
	fmt.Printf("Status: %s\n", status.State)
	fmt.Printf("Progress: %d/%d\n", status.Counts.Succeeded, status.Counts.Total)
	return job.Each(ctx, func(result *batchrouter.Result) error {
		fmt.Printf("%s: %s\n", result.CustomID(), result.Status())
		if err := result.Err(); err != nil {
			fmt.Printf("  %v\n", err)
			return nil
		}
		fmt.Printf("  %s\n", result.Text())
		return nil
	})
}
