using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// One submitted batch and its latest known status: a snapshot, which <see cref="Update"/> renews without asking the
/// vendor, and <see cref="RefreshAsync"/> after asking. Any thread.
/// </summary>
public sealed unsafe partial class Job : IDisposable
{
    private readonly Router router;
    private readonly JobHandle handle;

    internal Job(Router router, JobHandle handle)
    {
        this.router = router;
        this.handle = handle;
        Id = Utf8.Read(NativeMethods.br_job_id(handle)) ?? "";
    }

    /// <summary>Its id in the state directory.</summary>
    public string Id { get; }

    /// <summary>True if submitting went on with an unfinished job of the same content ("continue").</summary>
    public bool Continued { get; internal init; }

    /// <summary>The provider; "" when its batches go to several.</summary>
    public string Provider => Text(&NativeMethods.br_job_provider) ?? "";

    /// <summary>The job it retries; null if none.</summary>
    public string? Parent => Text(&NativeMethods.br_job_parent);

    /// <summary>1, and one more for each retry.</summary>
    public int Attempt => NativeMethods.br_job_attempt(handle);

    /// <summary>Its name; null if it has none.</summary>
    public string? Name => Text(&NativeMethods.br_job_name);

    /// <summary>The path given as "output"; null if none.</summary>
    public string? Output => Text(&NativeMethods.br_job_output);

    /// <summary>Where its requests go.</summary>
    public string? BaseUrl => Text(&NativeMethods.br_job_base_url);

    /// <summary>Its state.</summary>
    public JobState State => (JobState)NativeMethods.br_job_state(handle);

    /// <summary>The state's name, such as "in_progress".</summary>
    public string StateName => Utf8.Read(NativeMethods.br_state_name(NativeMethods.br_job_state(handle))) ?? "";

    /// <summary>The state as one of the six that every vendor has.</summary>
    public JobState CompatibleState => (JobState)NativeMethods.br_state_compat(NativeMethods.br_job_state(handle));

    /// <summary>True if the state is one that a batch ends in.</summary>
    public bool IsTerminal => NativeMethods.br_state_is_terminal(NativeMethods.br_job_state(handle)) != 0;

    /// <summary>What is known of its submission.</summary>
    public Submission Submission => (Submission)NativeMethods.br_job_submission(handle);

    /// <summary>True once every request has its one result here on disk.</summary>
    public bool IsDone => NativeMethods.br_job_is_done(handle) != 0;

    /// <summary>True if it waits for <see cref="Resume"/>, after the reason was mended.</summary>
    public bool IsBlocked => NativeMethods.br_job_is_blocked(handle) != 0;

    /// <summary>Why it is blocked or failed; <see cref="ErrorCode.None"/> if it is neither.</summary>
    public ErrorCode Error => (ErrorCode)NativeMethods.br_job_error_code(handle);

    /// <summary>The vendor's reason; null if there is none.</summary>
    public string? ErrorMessage => Text(&NativeMethods.br_job_error_message);

    /// <summary>Its counters.</summary>
    public JobCounts Counts => new(Count(0), Count(1), Count(2), Count(3), Count(4), Count(5), Count(6), Count(7));

    /// <summary>
    /// When the vendor made its first remote batch, by the vendor's clock; until then, when it was recorded.
    /// </summary>
    public DateTimeOffset? CreatedAt => Time(0);

    /// <summary>When the vendor accepted all of it, by our clock; null if not known.</summary>
    public DateTimeOffset? SubmittedAt => Time(1);

    /// <summary>
    /// When its last remote batch ended, by the vendor's clock; where the vendor does not say, <see cref="DoneAt"/>.
    /// </summary>
    public DateTimeOffset? CompletedAt => Time(2);

    /// <summary>When the vendor gives up on it; null if not known.</summary>
    public DateTimeOffset? ExpiresAt => Time(3);

    /// <summary>When it came into the state directory, by our clock.</summary>
    public DateTimeOffset? RecordedAt => Time(4);

    /// <summary>When every request had its one result here, by our clock; null before.</summary>
    public DateTimeOffset? DoneAt => Time(5);

    /// <summary>The vendor's ids of its remote batches; null for one that was not accepted yet.</summary>
    public IReadOnlyList<string?> BatchIds
    {
        get
        {
            using NativeHandle.Holding held = handle.Hold();
            var ids = new string?[(int)NativeMethods.br_job_batch_count(handle)];
            for (int i = 0; i < ids.Length; i++) ids[i] = Utf8.Read(NativeMethods.br_job_batch_id(handle, (nuint)i));
            return ids;
        }
    }

    /// <summary>
    /// The vendor's own object of that remote batch (from 0), as its newest answer had it: JSON, untouched. Null before the
    /// vendor accepted it, and for an object of more than 64 KiB.
    /// </summary>
    public string? Raw(int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        using (handle.Hold()) return Utf8.Read(NativeMethods.br_job_raw(handle, (nuint)batch, out nuint length), length);
    }

    /// <summary>
    /// The vendor's own row behind the result of that id, with all that stands around the response: the line of the vendor's
    /// results, byte for byte as it was downloaded; of a result of type "malformed" that need not be JSON. Null: the vendor
    /// gave no row. Reads files.
    /// </summary>
    public byte[]? ResultRaw(string customId)
    {
        byte[] id = Utf8.Bytes(customId);
        // A handle of its own, which is freed with the row that it lends.
        Status.Check(NativeMethods.br_job_open(router.Handle, Id, out JobHandle lender, out nint err), err);
        using (lender)
        {
            fixed (byte* bytes = Utf8.Addressable(id))
            {
                Status.Check(NativeMethods.br_job_result_raw(lender, bytes, (nuint)id.Length, out byte* row,
                    out nuint length, out err), err);
                return row == null ? null : Utf8.Span(row, length).ToArray();
            }
        }
    }

    /// <summary>The whole snapshot as JSON.</summary>
    public string Json
    {
        get
        {
            using (handle.Hold()) return Utf8.Read(NativeMethods.br_job_json(handle, out nuint length), length) ?? "";
        }
    }

    internal JobHandle Handle => handle;

    /// <summary>Takes a new snapshot without asking the vendor.</summary>
    public Job Update()
    {
        Status.Check(NativeMethods.br_job_update(handle, out nint err), err);
        return this;
    }

    /// <summary>Goes on with it, after it was blocked or when resume.auto is 0.</summary>
    public void Resume()
    {
        bool held = false;
        handle.DangerousAddRef(ref held);
        try
        {
            Status.Check(NativeMethods.br_resume(router.Handle, handle.DangerousGetHandle(), out nint err), err);
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    /// <summary>
    /// A new job of the requests that did not succeed, or the unfinished one that was made of them before, see
    /// <see cref="Continued"/>. done as in <see cref="Router.Submit"/>.
    /// </summary>
    public Job Retry(Action<Job>? done = null)
    {
        JobHandle? job = null;
        nint err = 0;
        int status = Callbacks.Give(router.Completion(done), target => NativeMethods.br_retry(router.Handle, handle,
            Router.DoneFunction(done), target, &Callbacks.Destroy, out job, out err));
        Status.Check(status, err);
        return new Job(router, job!) { Continued = status == Status.Exists };
    }

    /// <summary>
    /// The same with options from a batch without requests: "output", "finished" and "again" of <see cref="Batch.Set"/>.
    /// </summary>
    public Job Retry(Batch options, Action<Job>? done = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        JobHandle? job = null;
        nint err = 0;
        int status = Callbacks.Give(router.Completion(done), target => NativeMethods.br_retry_with(router.Handle, handle,
            options.Handle, Router.DoneFunction(done), target, &Callbacks.Destroy, out job, out err));
        Status.Check(status, err);
        return new Job(router, job!) { Continued = status == Status.Exists };
    }

    /// <summary>The same off this thread: it reads what was submitted.</summary>
    public Task<Job> RetryAsync(Action<Job>? done = null, CancellationToken cancellation = default) =>
        Task.Run(() => Retry(done), cancellation);

    /// <summary>
    /// Says, for a person who has looked at the vendor's console, that the vendor's batch of that id is remote batch
    /// <paramref name="part"/> (from 0) of the job, of which nobody knows whether it was submitted. Nothing is sent. Takes a
    /// new snapshot.
    /// </summary>
    public void Adopt(int part, string batchId) =>
        Status.Check(NativeMethods.br_job_adopt(handle, part, Utf8.Name(batchId), out nint err), err);

    /// <summary>
    /// Gives up what is in doubt of the job or blocked: those remote batches end, their requests without an answer get a
    /// result of type "abandoned", and nothing is sent. Takes a new snapshot.
    /// </summary>
    public void Abandon() => Status.Check(NativeMethods.br_job_abandon(handle, out nint err), err);

    /// <summary>Forgets a job that is done or was never sent, and deletes its files.</summary>
    public void Remove()
    {
        Status.Check(NativeMethods.br_job_remove(handle, out nint err), err);
        router.Poller.Nudge(); // of that there is no event
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {StateName}";

    /// <summary>Frees the handle; the job goes on.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>The handle owns the text, so nobody may free it before the text is copied.</summary>
    private string? Text(delegate*<JobHandle, byte*> get)
    {
        using (handle.Hold()) return Utf8.Read(get(handle));
    }

    private long Count(int counter) => NativeMethods.br_job_count(handle, counter);

    private DateTimeOffset? Time(int which)
    {
        long ms = NativeMethods.br_job_time(handle, which);
        return ms < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ms);
    }
}

/// <summary>Counters of a job.</summary>
public readonly record struct JobCounts(long Total, long Succeeded, long Errored, long Processing, long Cancelled,
    long Expired, long Delivered, long Acknowledged)
{
    /// <summary>Succeeded requests in percent, 0 for none at all.</summary>
    public double SuccessRate => Total == 0 ? 0 : 100.0 * Succeeded / Total;
}
