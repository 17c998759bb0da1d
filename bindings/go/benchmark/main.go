//go:build cgo

// What a result costs in Go against the same calls from C, in one process: every stored result of one job is read in
// blocks of 256, by a C function and through the package, which copies what it is asked for. See run.sh.
package main

// #cgo pkg-config: batchrouter
// #include <batchrouter.h>
// #include <stdlib.h>
//
// // Reads every result; all: every field that the package reads, else id, status and text. Returns bytes, or -1.
// static int64_t read_all(br_router *router, const char *id, int all) {
//   br_job *job = NULL;
//   br_results *results = NULL;
//   if (br_job_open(router, id, &job, NULL) != BR_OK || br_results_open(job, &results, NULL) != BR_OK) return -1;
//   br_result *block[256];
//   size_t count = 0, length = 0;
//   int64_t bytes = 0;
//   while (br_results_next(results, block, 256, &count, NULL) == BR_OK) {
//     for (size_t i = 0; i < count; i++) {
//       const br_result *r = block[i];
//       br_result_custom_id(r, &length);
//       bytes += length + br_result_status(r);
//       br_result_text(r, &length);
//       bytes += length;
//       if (all) {
//         bytes += br_result_job_id(r) != NULL;
//         bytes += br_result_batch_id(r) != NULL;
//         bytes += br_result_model(r) != NULL;
//         bytes += br_result_finish_reason(r) != NULL;
//         bytes += br_result_tool_calls(r, &length) != NULL;
//         bytes += br_result_response(r, &length) != NULL;
//         bytes += br_result_error_type(r) != NULL;
//         bytes += br_result_error_code(r) != NULL;
//         bytes += br_result_error_message(r) != NULL;
//         bytes += br_result_json(r, &length) != NULL;
//         bytes += br_result_http_status(r) + br_result_is_transient(r) + br_result_redelivered(r);
//         for (int t = 0; t < 4; t++) bytes += br_result_tokens(r, t);
//       }
//       br_result_free(block[i]);
//     }
//   }
//   br_results_free(results);
//   br_job_free(job);
//   return bytes;
// }
import "C"

import (
	"context"
	"flag"
	"fmt"
	"log"
	"sort"
	"time"
	"unsafe"

	batchrouter "example.com/batchrouter/bindings/go"
)

const rounds = 7

func main() {
	url := flag.String("base-url", "", "the emulator's")
	state := flag.String("state-dir", "", "a new directory")
	count := flag.Int("requests", 20000, "how many results to read")
	flag.Parse()
	settings := map[string]string{"state_dir": *state, "openai.base_url": *url, "openai.api_key": "k",
		"poll.interval_ms": "50", "poll.max_interval_ms": "100"}
	id := prepare(settings, *count)
	router, err := batchrouter.New(batchrouter.Config{Settings: settings})
	check(err)
	job, err := router.Open(id)
	check(err)
	bytes := 0
	ask := func(result *batchrouter.Result) error {
		bytes += len(result.CustomID()) + int(result.Status()) + len(result.Text())
		return nil
	}
	var block []*batchrouter.Result
	check(job.EachStored(batchrouter.OrderArrival, func(result *batchrouter.Result) error {
		if len(block) < 256 {
			block = append(block, result)
		}
		return ask(result)
	}))
	check(router.Close())
	// One of each in a round, so that a slow moment of the machine is everybody's.
	var short, full, inGo, again []float64
	for i := 0; i < rounds; i++ {
		short = append(short, each(*count, func() time.Duration { return inC(settings, id, false) }))
		full = append(full, each(*count, func() time.Duration { return inC(settings, id, true) }))
		inGo = append(inGo, each(*count, func() time.Duration { return stored(settings, id, ask) }))
		again = append(again, each(100*len(block), func() time.Duration {
			began := time.Now()
			for round := 0; round < 100; round++ {
				for _, result := range block {
					_ = ask(result)
				}
			}
			return time.Since(began)
		}))
	}
	fmt.Printf("%d results; ns for each, median of %d rounds\n", *count, rounds)
	fmt.Printf("C, read, id, status and text    %8.1f\n", median(short))
	fmt.Printf("C, read, all fields             %8.1f\n", median(full))
	fmt.Printf("Go, read, id, status and text   %8.1f: %.1f more\n", median(inGo), median(inGo)-median(short))
	fmt.Printf("Go, asked again                 %8.1f\n", median(again))
}

// stored reads every result through the package.
func stored(settings map[string]string, id string, ask func(*batchrouter.Result) error) time.Duration {
	router, err := batchrouter.New(batchrouter.Config{Settings: settings})
	check(err)
	defer router.Close()
	job, err := router.Open(id)
	check(err)
	began := time.Now()
	check(job.EachStored(batchrouter.OrderArrival, ask))
	return time.Since(began)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func prepare(settings map[string]string, count int) string {
	router, err := batchrouter.New(batchrouter.Config{Settings: settings})
	check(err)
	batch := batchrouter.NewBatch("openai")
	for i := 0; i < count; i++ {
		batch.Add(batchrouter.NewRequest(fmt.Sprintf("request-%d", i), "gpt-4o-mini").User("What is the capital of France?"))
	}
	jobs, err := router.Run(context.Background(), batch)
	check(err)
	check(router.Close())
	return jobs[0].ID()
}

// inC opens a router in C, so that nothing of the package takes part.
func inC(settings map[string]string, id string, all bool) time.Duration {
	config := C.br_config_new()
	defer C.br_config_free(config)
	for key, value := range settings {
		k, v := C.CString(key), C.CString(value)
		C.br_config_set(config, k, v, nil)
		C.free(unsafe.Pointer(k))
		C.free(unsafe.Pointer(v))
	}
	var router *C.br_router
	if C.br_router_new(config, &router, nil) != C.BR_OK {
		log.Fatal("the state directory cannot be opened")
	}
	defer C.br_router_free(router)
	name := C.CString(id)
	defer C.free(unsafe.Pointer(name))
	flag := C.int(0)
	if all {
		flag = 1
	}
	began := time.Now()
	if C.read_all(router, name, flag) < 0 {
		log.Fatal("no results")
	}
	return time.Since(began)
}

func each(count int, round func() time.Duration) float64 {
	return float64(round().Nanoseconds()) / float64(count)
}

func median(all []float64) float64 {
	sort.Float64s(all)
	return all[len(all)/2]
}
