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

// Blocks is Results in blocks that are read where they lie, without a copy. A block is valid until the loop goes on.
// Acknowledge it with Block.Ack, in one call of C.
func (j *Job) Blocks(ctx context.Context) iter.Seq2[*Block, error] { return j.core.blockSeq(ctx, j) }

// Blocks is Job.Blocks for all jobs of the router; it ends when none is unfinished.
func (r *Router) Blocks(ctx context.Context) iter.Seq2[*Block, error] {
	return r.core.blockSeq(ctx, nil)
}

func (c *core) blockSeq(ctx context.Context, job *Job) iter.Seq2[*Block, error] {
	return func(yield func(*Block, error) bool) {
		if err := c.pullBlocks(ctx, job, func(b *Block) bool { return yield(b, nil) }); err != nil {
			yield(nil, err)
		}
	}
}
