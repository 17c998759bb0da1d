using System.Runtime.CompilerServices;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Where br_next_results is called: for one job, or (job null) for any of the router.</summary>
internal sealed class ResultSource(RouterHandle router, ResultPool pool, Poller poller, JobHandle? job, string? id)
{
    // Who waits looks so often for what others have left.
    private const long TickMs = 100;

    // C counts whole milliseconds: what comes earlier than this before its time was woken.
    private const long EarlyMs = 5;

    // A reader that was forgotten gives back what it has when it is collected, which nothing else may bring about.
    private const long PatienceMs = 1000;

    /// <summary>
    /// Fills the empty block; BR_OK, BR_AGAIN or BR_END. waits: on this thread, which therefore does nothing else meanwhile.
    /// </summary>
    public int Fill(ResultBlock block, long timeoutMs, bool waits, int most = ResultBlock.Capacity)
    {
        long started = Environment.TickCount64, unsureSince = 0;
        int wakeups = pool.Wakeups;
        while (true)
        {
            if (pool.TakeLeft(id, block, most)) return Status.Ok;
            long left = timeoutMs < 0 ? TickMs : Math.Max(0, timeoutMs - (Environment.TickCount64 - started));
            long tick = Math.Min(left, TickMs), asked = Environment.TickCount64;
            int status = Fetch(block, tick);
            if (!block.IsEmpty) return Status.Ok;
            bool late = timeoutMs >= 0 && Environment.TickCount64 - started >= timeoutMs;
            if (status == Status.End)
            {
                int here = waits ? Environment.CurrentManagedThreadId : 0;
                ResultPool.Others others = pool.Ask(id, block, most, here);
                if (others != ResultPool.Others.Perhaps) return others == ResultPool.Others.Some ? Status.Ok : Status.End;
                if (late) return Status.Again;
                pool.Wait(TimeSpan.FromMilliseconds(tick));
                if (pool.Wakeups != wakeups) return Status.Again;
                if (unsureSince == 0) unsureSince = asked;
                if (asked - unsureSince < PatienceMs) continue;
                GC.Collect();
                unsureSince = long.MaxValue;
            }
            else if (late || (status == Status.Again && Environment.TickCount64 - asked + EarlyMs < tick))
            {
                return Status.Again;
            }
        }
    }

    public ResultBlock NewBlock(int most = ResultBlock.Capacity) => new(pool, id, most);

    public async IAsyncEnumerable<BatchResult> All(bool acknowledge,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using ResultBlock block = NewBlock();
        var names = new RepeatedText[4];
        int status = Status.Ok;
        while (true)
        {
            await poller.Until(() => (status = Fill(block, 0, waits: false)) != Status.Again, Timeout.InfiniteTimeSpan,
                cancellation).ConfigureAwait(false);
            if (status == Status.End) yield break;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!block.Advance()) break;
                if (!acknowledge)
                {
                    yield return BatchResult.Owning(block.Detach(), names);
                    continue;
                }

                yield return BatchResult.Copy(block.Current, names);
                block.Consume(acknowledge: true);
            }
        }
    }

    private unsafe int Fetch(ResultBlock block, long timeoutMs)
    {
        int status = Status.Ok;
        pool.Fetch(id, () => block.Fill((start, capacity) =>
        {
            status = Next((nint*)start, capacity, timeoutMs, out nuint count);
            return (int)count;
        }));
        return status;
    }

    private unsafe int Next(nint* start, int capacity, long timeoutMs, out nuint count)
    {
        bool held = false;
        try
        {
            job?.DangerousAddRef(ref held);
            int status = NativeMethods.br_next_results(router, job?.DangerousGetHandle() ?? 0, timeoutMs, start,
                (nuint)capacity, out count, out nint err);
            return Status.Check(status, err);
        }
        catch (ObjectDisposedException)
        {
            throw BatchRouterException.Closed();
        }
        finally
        {
            if (held) job!.DangerousRelease();
        }
    }
}
