//go:build cgo

// What tests/bench/border.py measures of Go against C: id, status and text of the stored results of a job.
// border LIBRARY STATE_DIR JOB_ID PASSES; prints nanoseconds for a result. LIBRARY is tests/bench/border.c.
package main

// #include <dlfcn.h>
// #include <stdlib.h>
// typedef void border(const char *, const char *, double *);
// static int in_c(const char *library, const char *state_dir, const char *job_id, double *out) {
//   border *found = (border *)dlsym(dlopen(library, RTLD_NOW), "border");
//   if (found == NULL) return 0;
//   found(state_dir, job_id, out);
//   return 1;
// }
import "C"

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
	"unsafe"

	batchrouter "example.com/batchrouter/bindings/go"
)

const repeats = 100

var (
	sum  int
	kept string // copies escape to here, as those of a program would
)

func main() {
	passes, err := strconv.Atoi(os.Args[4])
	check(err)
	for pass := 0; pass < passes; pass++ {
		inC(os.Args[1], os.Args[2], os.Args[3])
		router, err := batchrouter.New(batchrouter.Config{Settings: map[string]string{"state_dir": os.Args[2]}})
		check(err)
		job, err := router.Open(os.Args[3])
		check(err)
		fmt.Printf("read %.2f\n", read(job, borrowed))
		inFirstBlock(job)
		fmt.Printf("results %.2f\n", results(job))
		check(router.Close())
	}
}

func inC(library, state, job string) {
	var out [3]C.double
	var names [3]*C.char
	for i, text := range []string{library, state, job} {
		names[i] = C.CString(text)
		defer C.free(unsafe.Pointer(names[i]))
	}
	if C.in_c(names[0], names[1], names[2], &out[0]) == 0 {
		log.Fatal(library, " cannot be loaded")
	}
	fmt.Printf("c.read %.2f\nc.again %.2f\nc.copy %.2f\n", out[0], out[1], out[2])
}

// inFirstBlock measures what does not need a fetch.
func inFirstBlock(job *batchrouter.Job) {
	err := job.EachStoredBlock(batchrouter.OrderArrival, func(block *batchrouter.Block) error {
		borrowed(block)
		own := make([][]byte, 0, 2*block.Len())
		for i := 0; i < block.Len(); i++ {
			view := block.At(i)
			own = append(own, append([]byte(nil), view.CustomID()...), append([]byte(nil), view.Text()...))
		}
		fmt.Printf("again %.2f\n", repeat(block, borrowed))
		fmt.Printf("copy %.2f\n", repeat(block, copied))
		fmt.Printf("own %.2f\n", repeat(block, func(*batchrouter.Block) {
			for _, text := range own {
				kept = string(text)
				sum += len(kept)
			}
		}))
		return context.Canceled
	})
	if err != context.Canceled {
		log.Fatal(err)
	}
}

func borrowed(block *batchrouter.Block) {
	for i := 0; i < block.Len(); i++ {
		view := block.At(i)
		sum += len(view.CustomID()) + int(view.Status()) + len(view.Text())
	}
}

func copied(block *batchrouter.Block) {
	for i := 0; i < block.Len(); i++ {
		view := block.At(i)
		kept = string(view.CustomID())
		sum += len(kept) + int(view.Status())
		kept = string(view.Text())
		sum += len(kept)
	}
}

// read reads every result in blocks. What opening costs is no cost of a result.
func read(job *batchrouter.Job, use func(*batchrouter.Block)) float64 {
	rows, began := 0, time.Time{}
	check(job.EachStoredBlock(batchrouter.OrderArrival, func(block *batchrouter.Block) error {
		if rows == 0 {
			began = time.Now()
		}
		rows += block.Len()
		use(block)
		return nil
	}))
	return float64(time.Since(began).Nanoseconds()) / float64(rows)
}

// results reads every result the easy way, with copies.
func results(job *batchrouter.Job) float64 {
	rows, began := 0, time.Time{}
	check(job.EachStored(batchrouter.OrderArrival, func(result *batchrouter.Result) error {
		if rows == 0 {
			began = time.Now()
		}
		rows++
		sum += len(result.CustomID()) + int(result.Status()) + len(result.Text())
		return nil
	}))
	return float64(time.Since(began).Nanoseconds()) / float64(rows)
}

func repeat(block *batchrouter.Block, use func(*batchrouter.Block)) float64 {
	began := time.Now()
	for round := 0; round < repeats; round++ {
		use(block)
	}
	return float64(time.Since(began).Nanoseconds()) / float64(repeats*block.Len())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
