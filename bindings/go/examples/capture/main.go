// A program that asks a vendor by an ordinary http.Client, and is answered by batches: only the client's Transport is
// another one. Killed and started again, it pays nothing twice.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"

	batchrouter "example.com/batchrouter/bindings/go"
)

func main() {
	baseURL := flag.String("base-url", "https://api.openai.com/v1", "the address of the vendor's API")
	stateDir := flag.String("state-dir", ".batch_router", "where calls and batches are kept")
	window := flag.String("window-ms", "2000", "how long calls are collected")
	most := flag.String("max-requests", "50", "how many calls make a batch before that")
	poll := flag.String("poll-interval-ms", "10000", "the wait between two looks at a batch")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, *baseURL, map[string]string{"state_dir": *stateDir, "openai.base_url": *baseURL,
		"capture.window_ms": *window, "capture.max_requests": *most, "capture.poll_interval_ms": *poll})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, baseURL string, settings map[string]string) error {
	router, err := batchrouter.New(batchrouter.Config{Settings: settings})
	if err != nil {
		return err
	}
	defer router.Close()
	capture, err := router.Capture()
	if err != nil {
		return err
	}
	defer capture.Close()
	client := &http.Client{Transport: batchrouter.NewTransport(capture, nil)}

	countries := []string{"France", "Italy", "Spain"}
	errs := make([]error, len(countries))
	var all sync.WaitGroup
	for i, country := range countries {
		all.Add(1)
		go func(i int, question string) {
			defer all.Done()
			errs[i] = ask(ctx, client, baseURL, question)
		}(i, "What is the capital of "+country+"?")
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ask knows nothing of batches.
func ask(ctx context.Context, client *http.Client, baseURL, question string) error {
	body := fmt.Sprintf(`{"model":"gpt-4o-mini","messages":[{"role":"user","content":%q}]}`, question)
	request, err := http.NewRequestWithContext(ctx, "POST", baseURL+"/chat/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OPENAI_API_KEY"))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", question, response.Status)
	}
	var answer struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Choices) == 0 {
		return fmt.Errorf("%s: no choice in the answer", question)
	}
	fmt.Printf("%s %s\n", question, answer.Choices[0].Message.Content)
	return nil
}
