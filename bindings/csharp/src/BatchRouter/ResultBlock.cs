using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Some native results (256 at most), taken from C in one call. What is not consumed goes back to the pool it came from,
/// so that a consumer that stops half-way, or is forgotten, loses nothing.
/// </summary>
internal sealed unsafe class ResultBlock(ResultPool? pool, int most = ResultBlock.Capacity) : IDisposable
{
    public const int Capacity = 256;

    private readonly nint[] items = new nint[most];
    private int next;

    ~ResultBlock() => LetGo();

    public int Count { get; private set; }

    /// <summary>The oldest one that was not consumed; 0 if there is none.</summary>
    public nint Current => next < Count ? items[next] : 0;

    /// <summary>Fills the empty block: take gets the first place and the number of places, and returns how many it took.</summary>
    public void Fill(Func<nint, int, int> take)
    {
        next = Count = 0;
        fixed (nint* start = items) Count = take((nint)start, items.Length);
        pool?.Fetched(Count);
    }

    /// <summary>Frees the current one, and acknowledges it before that if so asked.</summary>
    public void Consume(bool acknowledge)
    {
        nint result = items[next];
        if (acknowledge) Acknowledge(result);
        next++;
        pool?.Seen(1);
        if (pool is null) NativeMethods.br_result_free_stored(result);
        else NativeMethods.br_result_free(result);
    }

    /// <summary>Gives the current one to the caller.</summary>
    public nint Detach()
    {
        pool?.Seen(1);
        return items[next++];
    }

    public static void Acknowledge(nint result)
    {
        int status = NativeMethods.br_result_ack(result, out nint err);
        Status.Check(status, err);
    }

    public void Dispose()
    {
        LetGo();
        GC.SuppressFinalize(this);
    }

    private void LetGo()
    {
        pool?.Seen(Count - next);
        if (pool is not null && next < Count) pool.GiveBack(items.AsSpan(next..Count));
        else Free();
        next = Count = 0;
    }

    private void Free()
    {
        for (; next < Count; next++) NativeMethods.br_result_free(items[next]);
    }
}
