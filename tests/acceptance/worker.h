/* The process that is killed: it makes the twenty batches that its state directory lacks, and takes every result. */
#pragma once

/* It tells on its standard output, one line each:
 *   submitting              before br_submit_many, only where batches are lacking
 *   submitted               all twenty are jobs
 *   cancelling              before the first two batches are cancelled
 *   row ID REDELIVERED OK   a result was handed out (and is acknowledged after this line)
 *   acked INDEX             every result of that batch is acknowledged, durably
 *   end                     every result was handed out, the router is closed */
typedef enum work {
  kTake,       /* takes and acknowledges results one by one */
  kCancel,     /* cancels two batches first */
  kTakeBatches /* acknowledges batch by batch, when all of a batch was handed out to this process */
} work;

/* arguments: state directory, work, then the origin of the vendors. */
int worker_main(char **arguments);
