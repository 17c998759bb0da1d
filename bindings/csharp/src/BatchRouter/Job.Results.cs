using BatchRouter.Native;

namespace BatchRouter;

/// <content>The results of a job.</content>
public sealed unsafe partial class Job
{
    /// <summary>
    /// The results as they come, in no particular order, each custom_id exactly once, until there are no more. Throws the
    /// reason when the job is blocked.
    /// </summary>
    /// <param name="acknowledge">
    /// True: a result counts as taken when the next one is asked for, that is when the loop's body went through. One that
    /// the loop was left at (break, exception) comes again, as does everything behind it. False: it counts when
    /// <see cref="BatchResult.Acknowledge"/> says so. What never was taken comes again from the next router on the state
    /// directory, as <see cref="BatchResult.Redelivered"/>.
    /// </param>
    /// <param name="cancellation">Ends the loop; no result is lost.</param>
    public IAsyncEnumerable<BatchResult> ResultsAsync(bool acknowledge = true, CancellationToken cancellation = default) =>
        router.Source(this).All(acknowledge, cancellation);

    /// <inheritdoc cref="ResultsAsync(bool, CancellationToken)"/>
    public IAsyncEnumerable<BatchResult> ResultsAsync(CancellationToken cancellation) => ResultsAsync(true, cancellation);

    /// <summary>
    /// The same with no object for each, blocking this thread: each read waits at most that long, without a limit by default.
    /// </summary>
    public ResultReader TakeResults(TimeSpan? wait = null, bool acknowledge = true) =>
        new(router.Source(this), Blocking.Milliseconds(wait), acknowledge);

    /// <summary>
    /// All results of a job that is done, from the first, as often as wanted, apart from what
    /// <see cref="ResultsAsync(CancellationToken)"/> hands out. With no object for each.
    /// </summary>
    public ResultReader ReadResults(ResultOrder order = ResultOrder.Arrival) => new(OpenResults(order));

    /// <summary>Writes all of them as lines of the unified format.</summary>
    public (long Rows, long Failed) WriteResults(Stream destination, ResultOrder order = ResultOrder.Arrival)
    {
        using ResultsHandle results = OpenResults(order);
        long rows = 0, failed = 0;
        Writer.Run(destination, (write, data) =>
        {
            int status = NativeMethods.br_results_write(results, write.Function, data, out rows, out failed, out nint err);
            return (status, err);
        });
        return (rows, failed);
    }

    /// <summary>Writes the unified lines of the requests that did not succeed, ready to be submitted; returns how many.</summary>
    public long WriteFailed(Stream destination)
    {
        long rows = 0;
        Writer.Run(destination, (write, data) =>
        {
            int status = NativeMethods.br_job_write_failed(handle, write.Function, data, out rows, out nint err);
            return (status, err);
        });
        return rows;
    }

    /// <summary>
    /// Acknowledges every result of a job that is done, however it was read; of one that goes on, those handed out:
    /// <see cref="ErrorCode.NotComplete"/> while a loop has fetched more than it has handed out, or has left some behind.
    /// Returns when that is on disk.
    /// </summary>
    public void AcknowledgeAll()
    {
        Update();
        if (router.Readers.AcknowledgeAll(Id, () => Status.Check(NativeMethods.br_job_ack_all(handle, out nint err), err))) return;
        throw new BatchRouterException(ErrorCode.NotComplete, "results of the job were fetched that nobody has seen",
            "read them, or acknowledge one by one");
    }

    private ResultsHandle OpenResults(ResultOrder order)
    {
        Status.Check(NativeMethods.br_results_open(handle, out ResultsHandle results, out nint err), err);
        if (order == ResultOrder.Arrival) return results;
        int status = NativeMethods.br_results_set_order(results, (int)order, out err);
        if (status < 0) results.Dispose();
        Status.Check(status, err);
        return results;
    }
}
