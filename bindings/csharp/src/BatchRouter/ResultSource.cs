using System.Runtime.CompilerServices;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Where br_next_results is called: for one job, or (job null) for any of the router.</summary>
internal sealed class ResultSource(RouterHandle router, Readers readers, Poller poller, JobHandle? job, string? id)
{
    /// <summary>
    /// Fills the empty block; BR_OK, BR_AGAIN or BR_END. With a timeout it waits on this thread. Others may take all of it
    /// before it is read.
    /// </summary>
    public int Fill(ResultBlock block, long timeoutMs)
    {
        long started = Environment.TickCount64;
        int wakeups = readers.Wakeups;
        while (true)
        {
            Task next = poller.Round;
            long left = timeoutMs < 0 ? int.MaxValue : Math.Max(0, timeoutMs - (Environment.TickCount64 - started));
            // A wait in C runs functions of providers for the thread that is busy.
            long inC = poller.IsBusy ? Math.Min(left, Poller.BusyMs) : 0;
            int status = readers.Fetch(block, () => Next(block, inC));
            if (status != Status.Again || left == 0 || readers.Wakeups != wakeups) return status;
            next.Wait((int)Math.Min(left, int.MaxValue));
        }
    }

    public ResultBlock NewBlock(int most = ResultBlock.Capacity) => new(readers, id, most);

    public async IAsyncEnumerable<BatchResult> All(bool acknowledge,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using ResultBlock block = NewBlock();
        var names = new RepeatedText[4];
        int status = Status.Ok;
        while (true)
        {
            await poller.Until(() => (status = Fill(block, 0)) != Status.Again, Timeout.InfiniteTimeSpan,
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

    private unsafe int Next(ResultBlock block, long timeoutMs)
    {
        int status = Status.Ok;
        bool held = false;
        try
        {
            job?.DangerousAddRef(ref held);
            block.Fill((start, capacity) =>
            {
                status = NativeMethods.br_next_results(router, job?.DangerousGetHandle() ?? 0, timeoutMs, (nint*)start,
                    (nuint)capacity, out nuint count, out nint err);
                Status.Check(status, err);
                return (int)count;
            });
            return status;
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
