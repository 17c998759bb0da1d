using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Reads results one after the other without copying them: <c>foreach (ResultView result in reader)</c>. One thread at a
/// time. It fetches blocks of 256 and owns what it fetched.
/// </summary>
public sealed unsafe class ResultReader : IDisposable
{
    private readonly Func<ResultBlock, int> fill;
    private readonly ResultBlock block;
    private readonly ResultsHandle? cursor;
    private readonly bool acknowledge;
    private bool begun;

    /// <summary>All results of a job that is done.</summary>
    internal ResultReader(ResultsHandle cursor)
    {
        this.cursor = cursor;
        block = new ResultBlock(null);
        fill = FromCursor;
    }

    /// <summary>Results as they come; reading on acknowledges the one before.</summary>
    internal ResultReader(ResultSource source, long timeoutMs, bool acknowledge, int most = ResultBlock.Capacity)
    {
        this.acknowledge = acknowledge;
        block = source.NewBlock(most);
        fill = empty => source.Fill(empty, timeoutMs);
    }

    /// <summary>The result that was read.</summary>
    public ResultView Current => new(block.Current);

    /// <summary>True once there is nothing more to come; false after a read that found nothing yet.</summary>
    public bool Ended { get; private set; }

    /// <summary>Goes on to the next result. False at the end, or when none came in time.</summary>
    public bool Read()
    {
        if (begun && block.Current != 0) block.Consume(acknowledge);
        begun = true;
        if (block.Current != 0) return true;
        Ended = fill(block) == Status.End;
        return block.Current != 0;
    }

    /// <summary>A copy of the current one that can be acknowledged, unless reading does that.</summary>
    internal BatchResult TakeCurrent()
    {
        var names = new RepeatedText[4];
        if (!acknowledge) return BatchResult.Owning(block.Detach(), names);
        BatchResult result = BatchResult.Copy(block.Current, names);
        block.Consume(acknowledge);
        return result;
    }

    /// <summary>The same under the name that foreach looks for.</summary>
    public bool MoveNext() => Read();

    /// <summary>Itself, for foreach.</summary>
    public ResultReader GetEnumerator() => this;

    /// <summary>Frees what was not read; of results as they come, these are handed out again.</summary>
    public void Dispose()
    {
        block.Dispose();
        cursor?.Dispose();
    }

    private int FromCursor(ResultBlock empty)
    {
        int status = Status.Ok;
        empty.Fill((start, capacity) =>
        {
            status = NativeMethods.br_results_next(cursor!, (nint*)start, (nuint)capacity, out nuint count, out nint err);
            for (nuint i = 0; status < 0 && i < count; i++) NativeMethods.br_result_free(((nint*)start)[i]);
            Status.Check(status, err);
            return (int)count;
        });
        return status;
    }
}
