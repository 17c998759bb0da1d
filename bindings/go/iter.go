//go:build cgo && go1.23

package batchrouter

import (
	"context"
	"iter"
)

// Results ranges over the results of the job that were not handed out yet, as they arrive, until the last. Acknowledge
// each with Result.Ack once it is safe. After an error the loop ends.
func (j *Job) Results(ctx context.Context) iter.Seq2[*Result, error] { return j.core.seq(ctx, j) }

// Results is Job.Results for all jobs of the router; it ends when none is unfinished.
func (r *Router) Results(ctx context.Context) iter.Seq2[*Result, error] { return r.core.seq(ctx, nil) }

func (c *core) seq(ctx context.Context, job *Job) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		if err := c.pull(ctx, job, func(result *Result) bool { return yield(result, nil) }); err != nil {
			yield(nil, err)
		}
	}
}
