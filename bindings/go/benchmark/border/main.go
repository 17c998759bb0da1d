//go:build cgo

// What tests/bench/border.py measures of Go against C: id, status and text of the stored results of a job.
// border LIBRARY STATE_DIR JOB_ID PASSES; prints nanoseconds for a result. LIBRARY is tests/bench/border.c.
package main

// #include <dlfcn.h>
// #include <stdlib.h>
// static void (*border)(const char *, const char *, double *);
// static double (*now)(void);
// static int load(const char *library) {
//   void *loaded = dlopen(library, RTLD_NOW);
//   border = (void (*)(const char *, const char *, double *))dlsym(loaded, "border");
//   now = (double (*)(void))dlsym(loaded, "border_now");
//   return border != NULL && now != NULL;
// }
// static void in_c(const char *state_dir, const char *job_id, double *out) { border(state_dir, job_id, out); }
// static double border_now(void) { return now(); }
import "C"

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
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
	library := C.CString(os.Args[1])
	if C.load(library) == 0 {
		log.Fatal(os.Args[1], " cannot be loaded")
	}
	// Who comes second finds the memory that the first one left: each is first in every other pass.
	for pass := 0; pass < passes; pass++ {
		if pass%2 == 0 {
			inC(os.Args[2], os.Args[3])
		}
		inGo(os.Args[2], os.Args[3])
		if pass%2 != 0 {
			inC(os.Args[2], os.Args[3])
		}
	}
}

func inGo(state, id string) {
	router, err := batchrouter.New(batchrouter.Config{Settings: map[string]string{"state_dir": state}})
	check(err)
	job, err := router.Open(id)
	check(err)
	fmt.Printf("read %.2f\n", read(job, borrowed))
	inFirstBlock(job)
	fmt.Printf("results %.2f\n", results(job))
	check(router.Close())
}

func inC(state, job string) {
	var out [3]C.double
	stateDir, id := C.CString(state), C.CString(job)
	C.in_c(stateDir, id, &out[0])
	C.free(unsafe.Pointer(stateDir))
	C.free(unsafe.Pointer(id))
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
	rows, began := 0, 0.0
	check(job.EachStoredBlock(batchrouter.OrderArrival, func(block *batchrouter.Block) error {
		if rows == 0 {
			began = now()
		}
		rows += block.Len()
		use(block)
		return nil
	}))
	return (now() - began) / float64(rows)
}

// results reads every result the easy way, with copies.
func results(job *batchrouter.Job) float64 {
	rows, began := 0, 0.0
	check(job.EachStored(batchrouter.OrderArrival, func(result *batchrouter.Result) error {
		if rows == 0 {
			began = now()
		}
		rows++
		sum += len(result.CustomID()) + int(result.Status()) + len(result.Text())
		return nil
	}))
	return (now() - began) / float64(rows)
}

func repeat(block *batchrouter.Block, use func(*batchrouter.Block)) float64 {
	began := now()
	for round := 0; round < repeats; round++ {
		use(block)
	}
	return (now() - began) / float64(repeats*block.Len())
}

func now() float64 { return float64(C.border_now()) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
