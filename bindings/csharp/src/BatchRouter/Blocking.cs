using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Calls that wait for the network: each on a thread of its own, since one of the pool would be held for as long as a vendor
/// takes; with a limit, and given up when the token says so.
/// </summary>
internal static class Blocking
{
    // A call may run a provider's function, which is the program's own code.
    private const int StackBytes = 1 << 20;

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    public delegate (int Status, nint Error, T Value) Call<T>(long timeoutMs);

    /// <summary>
    /// The caller is free as soon as the token is cancelled; the call itself is interrupted and ends by itself. What was
    /// meant for another call ends this one early, so it is made again while there is time.
    /// </summary>
    public static Task<T> Run<T>(Router router, TimeSpan? timeout, Call<T> call, CancellationToken cancellation)
    {
        long limitMs = Milliseconds(timeout ?? DefaultTimeout);
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<T>(cancellation);
        Task<T> work = OnOwnThread(() => Repeat(router, limitMs, call, cancellation));
        return cancellation.CanBeCanceled ? Cancellable(router, work, cancellation) : work;
    }

    /// <summary>Runs work that blocks its thread.</summary>
    public static Task<T> OnOwnThread<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                result.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }, StackBytes) { IsBackground = true, Name = "batchrouter wait" };
        thread.Start();
        return result.Task;
    }

    public static long Milliseconds(TimeSpan? timeout)
    {
        if (timeout is not { } limit || limit == Timeout.InfiniteTimeSpan) return -1;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
        return (long)Math.Ceiling(limit.TotalMilliseconds);
    }

    private static async Task<T> Cancellable<T>(Router router, Task<T> work, CancellationToken cancellation)
    {
        await using (cancellation.Register(static state => Interrupt((Router)state!), router))
            return await work.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private static void Interrupt(Router router)
    {
        try
        {
            NativeMethods.br_router_interrupt(router.Handle);
        }
        catch (ObjectDisposedException)
        {
            // Closing has woken everybody.
        }
    }

    private static T Repeat<T>(Router router, long limitMs, Call<T> call, CancellationToken cancellation)
    {
        long started = Environment.TickCount64;
        while (true)
        {
            // Taken before the token is looked at: a call that does not wait yet ends as well.
            long since = NativeMethods.br_router_interrupt_count(router.Handle);
            cancellation.ThrowIfCancellationRequested();
            NativeMethods.br_router_interrupt_since(router.Handle, since);
            long leftMs = limitMs < 0 ? -1 : Math.Max(0, limitMs - (Environment.TickCount64 - started));
            (int status, nint error, T value) = call(leftMs);
            bool early = status is Status.Again or (int)ErrorCode.Timeout && (limitMs < 0 || Left(limitMs, started) > 0);
            if (!early)
            {
                Status.Check(status, error);
                return value;
            }

            if (error != 0) NativeMethods.br_error_free(error);
        }
    }

    private static long Left(long limitMs, long started) => limitMs - (Environment.TickCount64 - started);
}
