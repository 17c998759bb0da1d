using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// The one thread of a router: it runs br_poll, which runs the callbacks, and after each round tells whoever waits to
/// look again. It holds the native handle, never the <see cref="Router"/>, which can thus be collected when forgotten.
/// </summary>
internal sealed class Poller
{
    /// <summary>Those who wait look so often while a function of the program holds the thread.</summary>
    public const int BusyMs = 50;

    // The router whose thread this is.
    [ThreadStatic]
    private static Poller? current;

    private readonly RouterHandle router;
    private readonly Thread thread;
    private Timer? late; // of the thread
    private volatile bool stopping, busy;
    private TaskCompletionSource round = NewRound();

    public Poller(RouterHandle router)
    {
        this.router = router;
        thread = new Thread(Run) { IsBackground = true, Name = "batchrouter" };
        thread.Start();
    }

    /// <summary>Completes after the round that is under way.</summary>
    public Task Round => Volatile.Read(ref round).Task;

    /// <summary>Whether a function of the program ran in the round that is under way, and may still run.</summary>
    public bool IsBusy => busy;

    /// <summary>
    /// Called before a function of the program. While it blocks the thread of a router, no round of that one ends; yet it
    /// may itself wait for what happens meanwhile, or for another thread that does. So a timer makes who waits look.
    /// </summary>
    public static void RunsForeignCode()
    {
        if (current is not { busy: false } poller) return;
        poller.busy = true;
        poller.late!.Change(BusyMs, BusyMs);
    }

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
        if (Thread.CurrentThread != thread) thread.Join(limit);
    }

    /// <summary>
    /// Tries until it holds, again after each round: whatever ends a wait is an event, or nudges.
    /// </summary>
    public async Task Until(Func<bool> holds, TimeSpan limit, CancellationToken cancellation)
    {
        if (limit != Timeout.InfiniteTimeSpan) ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, "timeout");
        long started = Environment.TickCount64;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Task next = Round;
            if (holds()) return;
            TimeSpan left = limit - TimeSpan.FromMilliseconds(Environment.TickCount64 - started);
            if (limit >= TimeSpan.Zero && left <= TimeSpan.Zero) return;
            await next.WaitAsync(limit < TimeSpan.Zero ? limit : left, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run()
    {
        using var ticker = new Timer(_ => Nudge());
        (current, late) = (this, ticker);
        int status = Status.Ok;
        while (!stopping && status >= 0)
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

            if (busy) ticker.Change(Timeout.Infinite, Timeout.Infinite);
            busy = false;
            Nudge();
        }
    }
}
