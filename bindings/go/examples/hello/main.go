// The shortest program: one batch, its answers, errors checked. A killed run goes on where it was.
package main

import "context"
import "fmt"
import "log"
import batchrouter "example.com/batchrouter/bindings/go"

func main() {
	batch := batchrouter.NewBatch("openai").Add(batchrouter.NewRequest("q1", "gpt-4o-mini").User("Why is the sky blue?"))
	err := batchrouter.Run(context.Background(), batchrouter.Config{}, batch, func(r *batchrouter.Result) error {
		_, err := fmt.Println(r.CustomID(), r)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
