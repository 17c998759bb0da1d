using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Where br_next_results is called: for one job, or (job null) for any of the router.</summary>
internal sealed class ResultSource(RouterHandle router, ResultPool pool, Poller poller, JobHandle? job, string? id)
{
    /// <summary>Fills the block without waiting; BR_OK, BR_AGAIN or BR_END.</summary>
    public unsafe int Fill(ResultBlock block, long timeoutMs)
    {
        int status = Status.Ok;
        block.Fill((start, capacity) =>
        {
            int kept = pool.Take(id, new Span<nint>((nint*)start, capacity));
            if (kept > 0) return kept;
            status = Next((nint*)start, capacity, timeoutMs, out nuint count);
            return (int)count;
        });
        return block.Count > 0 ? Status.Ok : status;
    }

    public ResultBlock NewBlock(int most = ResultBlock.Capacity) => new(pool, most);

    public async IAsyncEnumerable<BatchResult> All(bool acknowledge,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using ResultBlock block = NewBlock();
        var names = new RepeatedText[4];
        int status = Status.Ok;
        while (true)
        {
            await poller.Until(() => (status = Fill(block, 0)) != Status.Again, Timeout.InfiniteTimeSpan, cancellation)
                .ConfigureAwait(false);
            if (status == Status.End) yield break;
            while (block.Current != 0)
            {
                cancellation.ThrowIfCancellationRequested();
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
