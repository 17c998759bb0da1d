using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// The one thread of a router: it runs br_poll, which runs the callbacks, and after each round tells whoever waits to
/// look again. It holds the native handle, never the <see cref="Router"/>, which can thus be collected when forgotten.
/// </summary>
internal sealed class Poller
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private readonly RouterHandle router;
    private readonly Thread thread;
    private volatile bool stopping;
    private TaskCompletionSource round = NewRound();

    public Poller(RouterHandle router)
    {
        this.router = router;
        thread = new Thread(Run) { IsBackground = true, Name = "batchrouter" };
        thread.Start();
    }

    /// <summary>Completes after the round that is under way.</summary>
    public Task Round => Volatile.Read(ref round).Task;

    public bool IsCurrentThread => Thread.CurrentThread == thread;

    /// <summary>Makes who waits look again.</summary>
    public void Nudge() => Interlocked.Exchange(ref round, NewRound()).SetResult();

    /// <summary>Makes the thread end without closing the router.</summary>
    public void Stop()
    {
        stopping = true;
        NativeMethods.br_router_wakeup(router);
    }

    /// <summary>
    /// Waits for the callback under way, but not without limit: it may wait in its turn for whoever closes the router.
    /// </summary>
    public void Join(TimeSpan limit)
    {
        if (!IsCurrentThread) thread.Join(limit);
    }

    /// <summary>
    /// Tries until it holds. Whatever ends a wait is an event, after which a round ends; rows that arrive while a file is
    /// still being downloaded are none, so it looks again by itself, ever more seldom.
    /// </summary>
    public async Task Until(Func<bool> holds, TimeSpan limit, CancellationToken cancellation)
    {
        if (limit != Timeout.InfiniteTimeSpan) ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, "timeout");
        long started = Environment.TickCount64;
        TimeSpan wait = ShortestWait;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Task next = Round;
            if (holds()) return;
            TimeSpan left = limit - TimeSpan.FromMilliseconds(Environment.TickCount64 - started);
            if (limit >= TimeSpan.Zero && left <= TimeSpan.Zero) return;
            TimeSpan tick = limit >= TimeSpan.Zero && left < wait ? left : wait;
            await Task.WhenAny(next, Task.Delay(tick, cancellation)).ConfigureAwait(false);
            wait = next.IsCompleted ? ShortestWait : Min(wait * 2, LongestWait);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run()
    {
        int status = Status.Ok;
        while (!stopping && status != (int)ErrorCode.Closed)
        {
            try
            {
                status = NativeMethods.br_poll(router, -1, out nint err);
                if (err != 0) NativeMethods.br_error_free(err);
            }
            catch (ObjectDisposedException)
            {
                status = (int)ErrorCode.Closed;
            }

            Nudge();
            if (status < 0 && status != (int)ErrorCode.Closed) Thread.Sleep(ShortestWait);
        }
    }
}
