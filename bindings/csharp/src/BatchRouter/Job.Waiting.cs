using BatchRouter.Native;

namespace BatchRouter;

/// <content>Waiting for a job, and asking the vendor about it.</content>
public sealed partial class Job
{
    /// <summary>Asks the vendor once for each remote batch that has not ended.</summary>
    public Task RefreshAsync(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        Blocking.Run(router, timeout, limitMs =>
        {
            int status = NativeMethods.br_job_refresh(handle, limitMs, out nint err);
            return (status, err, true);
        }, cancellation);

    /// <summary>
    /// Waits until the job is done or blocked (ask <see cref="IsDone"/>); throws <see cref="ErrorCode.Timeout"/> when the
    /// time ran out. Without a timeout it waits as long as it takes. Takes a new snapshot.
    /// </summary>
    public async Task WaitAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        bool ended = false;
        await router.Poller.Until(() => ended = IsOver(NativeMethods.br_job_wait(handle, 0, out nint err), err),
            timeout ?? Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        if (!ended) Status.OkOrTimeout(NativeMethods.br_job_wait(handle, 0, out nint last), last);
    }

    /// <summary>
    /// Waits until every remote batch was accepted by the vendor; throws <see cref="ErrorCode.UnknownOutcome"/> when that
    /// is unknown, and the vendor's reason when it refused.
    /// </summary>
    public async Task WaitSubmittedAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        bool ended = false;
        await router.Poller.Until(
            () => ended = IsOver(NativeMethods.br_job_wait_submitted(handle, 0, out nint err), err),
            timeout ?? Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        if (!ended) Status.OkOrTimeout(NativeMethods.br_job_wait_submitted(handle, 0, out nint last), last);
    }

    /// <summary>
    /// Asks the vendor to stop: true when it took the request, false when the job had already ended. Finished requests
    /// keep their results.
    /// </summary>
    public Task<bool> CancelAsync(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        Blocking.Run(router, timeout, limitMs =>
        {
            int status = NativeMethods.br_cancel(handle, limitMs, out int cancelled, out nint err);
            return (status, err, cancelled != 0);
        }, cancellation);

    /// <summary>
    /// Downloads the results of a job that is done once more: those of type "missing", "malformed" and "results_gone" change
    /// into the vendor's answer where there is one by now, and are handed out again. Returns how many changed.
    /// </summary>
    public Task<long> RefetchAsync(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        Blocking.Run(router, timeout, limitMs =>
        {
            int status = NativeMethods.br_job_refetch(handle, limitMs, out long changed, out nint err);
            router.Poller.Nudge(); // what changed comes again, without an event
            return (status, err, changed);
        }, cancellation);

    private static bool IsOver(int status, nint err)
    {
        if (status is not ((int)ErrorCode.Timeout or Status.Again)) return Status.Check(status, err) == Status.Ok;
        if (err != 0) NativeMethods.br_error_free(err);
        return false;
    }
}
