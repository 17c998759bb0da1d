using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Takes HTTP calls, collects them into batches, and answers each as the vendor would have; <see cref="BatchHandler"/> puts it
/// into an HttpClient. N calls at once that ask the same are N requests. A call that nobody waits for any more is answered
/// to the next one that asks the same, also after a restart, and an earlier answer serves later calls: see the settings
/// "capture.…". Any thread, at any time. A router has one at a time.
/// </summary>
public sealed unsafe partial class Capture : IAsyncDisposable, IDisposable
{
    private const int MostAnswers = 256;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly CaptureHandle handle;
    private readonly Thread pump;
    private readonly object mutex = new();
    private readonly Dictionary<long, TaskCompletionSource<Answer>> calls = [];
    private readonly Dictionary<long, Answer> early = []; // whoever takes the call does not know its id yet
    private List<Taking> queue = [];
    private bool leading; // somebody takes what is in the queue
    private int taking;
    private BatchRouterException? ended;

    /// <summary>Begins to take calls, and goes on with those of earlier processes.</summary>
    public Capture(Router router)
    {
        ArgumentNullException.ThrowIfNull(router);
        Status.Check(NativeMethods.br_capture_new(router.Handle, out handle, out nint err), err);
        pump = new Thread(Pump) { IsBackground = true, Name = "batchrouter capture" };
        pump.Start();
    }

    /// <summary>What goes on as JSON: calls held, queued and answered, what the cache saved, and the batches.</summary>
    public string StatsJson
    {
        get
        {
            using (handle.Hold())
                return Utf8.Read(NativeMethods.br_capture_stats_json(handle, out nuint length), length) ?? "";
        }
    }

    /// <summary>
    /// Puts a call on disk; null: no batch can answer it, and nothing was kept, so send it to the vendor yourself. Calls
    /// that come at once are taken together. The exchange is not used any more when the task has ended.
    /// </summary>
    public Task<CapturedCall?> TakeAsync(Exchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var mine = new Taking(exchange);
        lock (mutex)
        {
            queue.Add(mine);
            if (leading) return mine.Taken.Task;
            leading = true;
        }

        _ = Task.Run(TakeQueue);
        return mine.Taken.Task;
    }

    /// <summary>Submits now what was collected.</summary>
    public void Flush() => Status.Check(NativeMethods.br_capture_flush(handle, out nint err), err);

    /// <summary>
    /// Takes no call any more, and submits what was collected; what is not submitted within that time is on disk, and goes
    /// with the next capture. Calls that wait for an answer fail with <see cref="ErrorCode.Closed"/>.
    /// </summary>
    public void Close(TimeSpan timeout)
    {
        Status.Check(NativeMethods.br_capture_close(handle, (long)timeout.TotalMilliseconds, out nint err), err);
        pump.Join();
    }

    /// <summary>Closes within five seconds.</summary>
    public void Dispose()
    {
        if (handle.IsClosed) return;
        Close(CloseTimeout);
        handle.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    internal string? CallJson(long id)
    {
        using (handle.Hold())
            return Utf8.Read(NativeMethods.br_capture_call_json(handle, id, out nuint length), length);
    }

    internal void Leave(long id)
    {
        lock (mutex) calls.Remove(id);
        try
        {
            int status = NativeMethods.br_capture_leave(handle, id, out nint err); // that it was answered is no failure
            if (err != 0) NativeMethods.br_error_free(err);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits for anything there.
        }
    }

    private void Pump()
    {
        nint* natives = stackalloc nint[MostAnswers];
        while (true)
        {
            int status = NativeMethods.br_capture_next(handle, -1, natives, MostAnswers, out nuint count, out nint err);
            for (nuint i = 0; i < count; i++) Hand(new Answer(natives[i]));
            if (status is 0 or Status.Again) continue; // the second: something else was interrupted
            End(status < 0
                ? BatchRouterException.Take(status, err)
                : new BatchRouterException(ErrorCode.Closed, "the capture is closed",
                    "ask again with the next one: the call is kept, and is not paid twice"));
            return;
        }
    }

    private void Hand(Answer answer)
    {
        TaskCompletionSource<Answer>? waiting;
        lock (mutex)
        {
            if (!calls.Remove(answer.Id, out waiting) && taking > 0)
            {
                early[answer.Id] = answer;
                return;
            }
        }

        if (waiting is null || !waiting.TrySetResult(answer)) answer.Dispose(); // its caller is gone
    }

    private void End(BatchRouterException reason)
    {
        TaskCompletionSource<Answer>[] waiting;
        lock (mutex)
        {
            ended = reason;
            waiting = [.. calls.Values];
            calls.Clear();
        }

        foreach (TaskCompletionSource<Answer> each in waiting) each.TrySetException(reason);
    }

    private void TakeQueue()
    {
        while (true)
        {
            List<Taking> all;
            lock (mutex)
            {
                all = queue;
                queue = [];
                leading = all.Count > 0;
                if (!leading) return;
                taking++;
            }

            var ids = new long[all.Count];
            Exception? failed = null;
            try
            {
                Take(all, ids);
            }
            catch (Exception exception) when (exception is BatchRouterException or ObjectDisposedException)
            {
                failed = exception;
            }

            CapturedCall?[] taken = Enter(ids);
            for (int i = 0; i < all.Count; i++)
            {
                if (failed is null) all[i].Taken.TrySetResult(taken[i]);
                else all[i].Taken.TrySetException(failed);
            }
        }
    }

    private void Take(List<Taking> all, long[] ids)
    {
        var natives = new nint[all.Count];
        for (int i = 0; i < natives.Length; i++) natives[i] = all[i].Exchange.Handle.DangerousGetHandle();
        if (natives.Length == 1)
        {
            int taken = NativeMethods.br_capture_take(handle, natives[0], 0, 0, 0, out ids[0], out nint cause);
            if (Status.Check(taken, cause) == Status.Pass) ids[0] = 0;
        }
        else
        {
            fixed (nint* exchanges = natives)
            fixed (long* places = ids)
            {
                nuint count = (nuint)natives.Length;
                int taken = NativeMethods.br_capture_take_many(handle, exchanges, count, places, out nint cause);
                Status.Check(taken, cause);
            }
        }

        GC.KeepAlive(all);
    }

    private CapturedCall?[] Enter(long[] ids)
    {
        var taken = new CapturedCall?[ids.Length];
        Answer[] gone = []; // of callers who left
        lock (mutex)
        {
            for (int i = 0; i < ids.Length; i++)
            {
                if (ids[i] == 0) continue;
                var source = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
                taken[i] = new CapturedCall(this, ids[i], source);
                if (early.Remove(ids[i], out Answer? answer)) source.SetResult(answer);
                else if (ended is not null) source.SetException(ended);
                else calls.Add(ids[i], source);
            }

            if (--taking == 0)
            {
                gone = [.. early.Values];
                early.Clear();
            }
        }

        foreach (Answer answer in gone) answer.Dispose();
        return taken;
    }

    private sealed record Taking(Exchange Exchange)
    {
        public TaskCompletionSource<CapturedCall?> Taken { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
