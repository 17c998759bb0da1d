using System.Diagnostics.CodeAnalysis;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// The engine and its state directory. Opening goes on with every unfinished job; closing (disposing) leaves the remote
/// batches alone, and the next router resumes them. Any thread, at any time.
/// </summary>
public sealed unsafe partial class Router : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly RouterHandle handle;
    private readonly Callbacks callbacks;
    private readonly Poller poller;
    private readonly Readers readers;
    private int disposed;

    /// <summary>Opens the state directory and takes its lock. The options are copied.</summary>
    public Router(RouterOptions? options = null)
    {
        RouterOptions chosen = options ?? new RouterOptions();
        try
        {
            lock (chosen)
            {
                callbacks = Callbacks.Install(chosen);
                int status = NativeMethods.br_router_new(chosen.Handle, out handle, out nint err);
                Status.Check(status, err);
            }
        }
        finally
        {
            if (options is null) chosen.Dispose();
        }

        poller = new Poller(handle);
        readers = new Readers(poller);
    }

    /// <summary>A forgotten router: its thread ends, and with it the last owner of the native one.</summary>
    ~Router() => poller?.Stop();

    /// <summary>Counters of this process as JSON: requests, bytes, retries, jobs by state, ledger.</summary>
    public string StatsJson
    {
        get
        {
            using (handle.Hold()) // the text is this thread's, and the handle's
                return Utf8.Read(NativeMethods.br_stats_json(handle, out nuint length), length) ?? "";
        }
    }

    /// <summary>
    /// The descriptor that is readable while callbacks are due, for a program that watches it; this binding's own thread
    /// runs them. -1 when closed.
    /// </summary>
    public int Descriptor
    {
        get
        {
            try
            {
                return NativeMethods.br_router_fd(handle);
            }
            catch (ObjectDisposedException)
            {
                return -1;
            }
        }
    }

    /// <summary>The names of this router's providers, sorted.</summary>
    public IReadOnlyList<string> Providers
    {
        get
        {
            var names = new List<string>();
            using NativeHandle.Holding held = handle.Hold();
            while (Utf8.Read(NativeMethods.br_router_provider(handle, (nuint)names.Count)) is { } name) names.Add(name);
            return names;
        }
    }

    internal RouterHandle Handle => handle;

    internal Readers Readers => readers;

    internal Poller Poller => poller;

    /// <summary>True if the router takes requests for that provider.</summary>
    public bool HasProvider(string name) => NativeMethods.br_router_has_provider(handle, Utf8.Name(name)) != 0;

    /// <summary>Takes a provider back that was removed.</summary>
    public void AddProvider(string name) =>
        Status.Check(NativeMethods.br_router_add_provider(handle, Utf8.Name(name), out nint err), err);

    /// <summary>Takes no new requests for that provider; jobs it has already go on.</summary>
    public void RemoveProvider(string name) =>
        Status.Check(NativeMethods.br_router_remove_provider(handle, Utf8.Name(name), out nint err), err);

    /// <summary>
    /// Validates all requests and records the job, which is durable when this returns; the network is not waited for.
    /// done is called once when the job is done or blocked, on the router's thread; it does not survive the process.
    /// </summary>
    public Job Submit(Batch batch, Action<Job>? done = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        JobHandle? job = null;
        nint err = 0;
        int status = Callbacks.Give(Completion(done), target => NativeMethods.br_submit(handle, batch.Handle,
            DoneFunction(done), target, &Callbacks.Destroy, out job, out err));
        Status.Check(status, err);
        return new Job(this, job!) { Continued = status == Status.Exists };
    }

    /// <summary>The job of that id, from the state directory.</summary>
    public Job OpenJob(string jobId)
    {
        Status.Check(NativeMethods.br_job_open(handle, Utf8.Name(jobId), out JobHandle job, out nint err), err);
        return new Job(this, job);
    }

    /// <summary>
    /// A job for a batch that was made elsewhere; if a job has that batch already, that one, <see cref="Job.Continued"/>.
    /// </summary>
    public Job Attach(string provider, string batchId)
    {
        int status = NativeMethods.br_attach(handle, Utf8.Name(provider), Utf8.Name(batchId), out JobHandle job,
            out nint err);
        Status.Check(status, err);
        return new Job(this, job) { Continued = status == Status.Exists };
    }

    /// <summary>
    /// The same with options from a batch without requests: "output" of <see cref="Batch.Set"/>, also for a job that is there
    /// already.
    /// </summary>
    public Job Attach(string provider, string batchId, Batch options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int status = NativeMethods.br_attach_with(handle, Utf8.Name(provider), Utf8.Name(batchId), options.Handle,
            out JobHandle job, out nint err);
        Status.Check(status, err);
        return new Job(this, job) { Continued = status == Status.Exists };
    }

    /// <summary>Goes on with every unfinished job, after it was blocked or when resume.auto is 0.</summary>
    public void Resume() => Status.Check(NativeMethods.br_resume(handle, 0, out nint err), err);

    /// <summary>The jobs in the state directory, newest first. Offline.</summary>
    public IReadOnlyList<Job> List(string? provider = null, int limit = 0)
    {
        int status = NativeMethods.br_list(handle, Utf8.NameOrNull(provider), limit, out JobListHandle list, out nint err);
        Status.Check(status, err);
        using (list) return OpenAll(list);
    }

    /// <summary>
    /// The newest batches at the vendor itself, whoever made them, at most 100; each as the JSON of its snapshot, with its
    /// vendor id in "batches". <see cref="Attach(string, string)"/> makes a job of one.
    /// </summary>
    public Task<IReadOnlyList<RemoteBatch>> ListRemoteAsync(string provider, int limit = 0, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        Utf8.Name(provider);
        return Blocking.Run(this, timeout, limitMs =>
        {
            int status = NativeMethods.br_list_remote(handle, provider, limit, limitMs, out JobListHandle list,
                out nint err);
            if (status < 0) return (status, err, (IReadOnlyList<RemoteBatch>)[]);
            using (list) return (status, err, RemoteBatch.ReadAll(list));
        }, cancellation);
    }

    /// <summary>
    /// The results of all jobs, as they come, until no job is unfinished. As <see cref="Job.ResultsAsync(bool, CancellationToken)"/>.
    /// </summary>
    public IAsyncEnumerable<BatchResult> ResultsAsync(bool acknowledge = true, CancellationToken cancellation = default) =>
        Source(null).All(acknowledge, cancellation);

    /// <summary>The same, borrowed and blocking: each read waits at most that long. As <see cref="Job.TakeResults"/>.</summary>
    public ResultReader TakeResults(TimeSpan? wait = null, bool acknowledge = true) =>
        new(Source(null), Blocking.Milliseconds(wait), acknowledge);

    /// <summary>The next result of any job, or null when none came in time or none will.</summary>
    public BatchResult? NextResult(TimeSpan? wait = null, bool acknowledge = true)
    {
        // One only: what another thread looks for meanwhile must not be here.
        using var reader = new ResultReader(Source(null), Blocking.Milliseconds(wait), acknowledge, most: 1);
        return reader.Read() ? reader.TakeCurrent() : null;
    }

    /// <summary>
    /// Makes blocking reads of this router return. Waits with a token need it not.
    /// </summary>
    public void Wakeup()
    {
        NativeMethods.br_router_wakeup(handle);
        readers.Wakeup();
    }

    /// <summary>
    /// Closes the router: saves, unlocks the directory, ends its thread. What waits on it fails with
    /// <see cref="ErrorCode.Closed"/>.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        int status = NativeMethods.br_router_close(handle, (long)CloseTimeout.TotalMilliseconds, out nint err);
        if (status == (int)ErrorCode.InvalidArgument)
        {
            // It is open: a provider closed it in the middle of a submit.
            Volatile.Write(ref disposed, 0);
            Status.Check(status, err);
        }

        if (err != 0) NativeMethods.br_error_free(err);
        poller.Join(CloseTimeout);
        poller.Nudge(); // who waits is told that it is closed
        handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose"/>
    [SuppressMessage("Usage", "CA1816", Justification = "Dispose does it, where it does not fail")]
    public ValueTask DisposeAsync() => new(Blocking.OnOwnThread(() =>
    {
        Dispose();
        return true;
    }));

    internal ResultSource Source(Job? job) => new(handle, readers, poller, job?.Handle, job?.Id);

    internal static delegate* unmanaged[Cdecl]<nint, nint, void> DoneFunction(Action<Job>? done) =>
        done is null ? null : &Callbacks.OnDone;

    internal Callbacks.Completion? Completion(Action<Job>? done) =>
        done is null ? null : new Callbacks.Completion(callbacks, id => done(OpenJob(id)));

    private Job[] OpenAll(JobListHandle list)
    {
        var jobs = new Job[(int)NativeMethods.br_job_list_count(list)];
        for (int i = 0; i < jobs.Length; i++)
        {
            nint job = NativeMethods.br_job_list_get(list, (nuint)i);
            jobs[i] = OpenJob(Utf8.Read(NativeMethods.br_job_id_borrowed(job)) ?? "");
        }

        return jobs;
    }
}
