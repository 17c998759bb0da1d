using BatchRouter.Native;

namespace BatchRouter;

/// <summary>What became of one of several batches or jobs: the job, or why there is none, or what failed with it.</summary>
public sealed record JobOutcome(Job? Job, BatchRouterException? Error)
{
    /// <summary>True if the vendor took the request to stop (<see cref="Router.CancelAllAsync"/>).</summary>
    public bool Cancelled { get; init; }
}

/// <content>Several batches and jobs at once.</content>
public sealed partial class Router
{
    /// <summary>
    /// Submits several batches, in that order: all are validated first, and nothing is sent if any is wrong. Each that
    /// could not be recorded has its own error.
    /// </summary>
    public unsafe IReadOnlyList<JobOutcome> SubmitMany(IReadOnlyList<Batch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using var native = new HandleArray(batches.Select(batch => batch.Handle));
        var jobs = new nint[batches.Count];
        var errors = new nint[batches.Count];
        fixed (nint* b = native.Values, j = jobs, e = errors)
        {
            int status = NativeMethods.br_submit_many(handle, b, (nuint)jobs.Length, j, e, out nint err);
            return Outcomes(status, err, jobs, errors);
        }
    }

    /// <summary>Submits several batches and waits until every job is done or blocked.</summary>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Batch> batches, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        IReadOnlyList<JobOutcome> outcomes = SubmitMany(batches);
        Job[] jobs = outcomes.Where(outcome => outcome.Job is not null).Select(outcome => outcome.Job!).ToArray();
        try
        {
            await WaitAllAsync(jobs, timeout, cancellation).ConfigureAwait(false);
        }
        catch (BatchRouterException e) when (e.Code == ErrorCode.Timeout)
        {
            e.Jobs = outcomes;
            throw;
        }

        return outcomes;
    }

    /// <summary>
    /// The same, blocking this thread. When time runs out, <see cref="BatchRouterException.Jobs"/> has the jobs.
    /// </summary>
    public unsafe IReadOnlyList<JobOutcome> Run(IReadOnlyList<Batch> batches, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using var native = new HandleArray(batches.Select(batch => batch.Handle));
        var jobs = new nint[batches.Count];
        var errors = new nint[batches.Count];
        fixed (nint* b = native.Values, j = jobs, e = errors)
        {
            int status = NativeMethods.br_run(handle, b, (nuint)jobs.Length, Blocking.Milliseconds(timeout), j, e,
                out nint err);
            return Outcomes(status, err, jobs, errors);
        }
    }

    /// <summary>Waits until every job is done or blocked, and takes new snapshots of all.</summary>
    public async Task WaitAllAsync(IReadOnlyList<Job> jobs, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Count == 0) return;
        TimeSpan limit = timeout ?? Timeout.InfiniteTimeSpan;
        bool ended = false;
        await poller.Until(() => ended = WaitMany(jobs, quiet: true), limit, cancellation).ConfigureAwait(false);
        if (!ended) WaitMany(jobs, quiet: false);
    }

    /// <summary>Asks the vendors about all of them at once, and takes new snapshots of all.</summary>
    public unsafe Task<IReadOnlyList<JobOutcome>> RefreshAllAsync(IReadOnlyList<Job> jobs, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return Blocking.Run(this, timeout, limitMs =>
        {
            using var native = new HandleArray(jobs.Select(job => job.Handle));
            var errors = new nint[jobs.Count];
            fixed (nint* j = native.Values, e = errors)
            {
                int status = NativeMethods.br_refresh_many(handle, j, (nuint)errors.Length, limitMs, e, out nint err);
                return Settle(status, err, jobs, errors, new int[jobs.Count]);
            }
        }, cancellation);
    }

    /// <summary>Cancels all of them at once, and takes new snapshots of all.</summary>
    public unsafe Task<IReadOnlyList<JobOutcome>> CancelAllAsync(IReadOnlyList<Job> jobs, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return Blocking.Run(this, timeout, limitMs =>
        {
            using var native = new HandleArray(jobs.Select(job => job.Handle));
            var errors = new nint[jobs.Count];
            var cancelled = new int[jobs.Count];
            fixed (nint* j = native.Values, e = errors)
            fixed (int* c = cancelled)
            {
                int status = NativeMethods.br_cancel_many(handle, j, (nuint)errors.Length, limitMs, c, e, out nint err);
                return Settle(status, err, jobs, errors, cancelled);
            }
        }, cancellation);
    }

    private unsafe bool WaitMany(IReadOnlyList<Job> jobs, bool quiet)
    {
        using var native = new HandleArray(jobs.Select(job => job.Handle));
        fixed (nint* j = native.Values)
        {
            int status = NativeMethods.br_wait_many(handle, j, (nuint)jobs.Count, 0, out nint err);
            if (!quiet) Status.OkOrTimeout(status, err);
            if (status < 0 && status != (int)ErrorCode.Timeout) Status.Check(status, err);
            if (err != 0) NativeMethods.br_error_free(err);
            return status == Status.Ok;
        }
    }

    /// <summary>Partial success is an answer, with the errors in their places; every other error is thrown.</summary>
    private static (int Status, nint Error, IReadOnlyList<JobOutcome> Value) Settle(int status, nint err,
        IReadOnlyList<Job> jobs, nint[] errors, int[] cancelled)
    {
        var outcomes = new JobOutcome[jobs.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new JobOutcome(jobs[i], BatchRouterException.TakeOne(errors[i]))
            {
                Cancelled = cancelled[i] != 0,
            };
        }

        if (status != (int)ErrorCode.Partial) return (status, err, outcomes);
        if (err != 0) NativeMethods.br_error_free(err);
        return (Status.Ok, 0, outcomes);
    }

    private JobOutcome[] Outcomes(int status, nint err, nint[] jobs, nint[] errors)
    {
        var outcomes = new JobOutcome[jobs.Length];
        for (int i = 0; i < outcomes.Length; i++)
        {
            Job? job = jobs[i] == 0 ? null : new Job(this, new JobHandle(jobs[i]));
            outcomes[i] = new JobOutcome(job, BatchRouterException.TakeOne(errors[i]));
        }

        if (status >= 0) return outcomes;
        BatchRouterException failure = BatchRouterException.Take(status, err);
        if (failure.Code == ErrorCode.Partial) return outcomes;
        failure.Jobs = outcomes;
        throw failure;
    }

    /// <summary>Native pointers of several owners, which stay alive meanwhile.</summary>
    private sealed class HandleArray : IDisposable
    {
        private readonly NativeHandle[] owners;
        private readonly int held;

        public HandleArray(IEnumerable<NativeHandle> handles)
        {
            owners = handles.ToArray();
            Values = new nint[owners.Length];
            for (; held < owners.Length; held++)
            {
                bool added = false;
                try
                {
                    owners[held].DangerousAddRef(ref added);
                }
                catch (ObjectDisposedException)
                {
                    Dispose();
                    throw;
                }

                Values[held] = owners[held].DangerousGetHandle();
            }
        }

        public nint[] Values { get; }

        public void Dispose()
        {
            for (int i = 0; i < held; i++) owners[i].DangerousRelease();
        }
    }
}
