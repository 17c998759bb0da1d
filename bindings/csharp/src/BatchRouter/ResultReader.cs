using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Reads results one after the other, with no object for each: <c>foreach (ResultView result in reader)</c>. One thread at a
/// time. It fetches blocks of 256 and owns what it fetched.
/// </summary>
public sealed unsafe class ResultReader : IDisposable
{
    private readonly Func<ResultBlock, int> fill;
    private readonly ResultBlock block;
    private readonly ResultsHandle? cursor;
    private readonly bool acknowledge;
    private readonly bool waits;
    private readonly SpanMemory memory = new();

    // Guarded by Gate.
    private long turn;
    private bool reading, disposed;

    /// <summary>All results of a job that is done.</summary>
    internal ResultReader(ResultsHandle cursor)
    {
        this.cursor = cursor;
        block = new ResultBlock(null, null);
        fill = FromCursor;
    }

    /// <summary>Results as they come; reading on acknowledges the one before.</summary>
    internal ResultReader(ResultSource source, long timeoutMs, bool acknowledge, int most = ResultBlock.Capacity)
    {
        (this.acknowledge, waits) = (acknowledge, true);
        block = source.NewBlock(most);
        fill = empty => source.Fill(empty, timeoutMs);
    }

    /// <summary>The result that was read.</summary>
    public ResultView Current
    {
        get
        {
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                return new ResultView(this, turn);
            }
        }
    }

    /// <summary>True once there is nothing more to come; false after a read that found nothing yet.</summary>
    public bool Ended { get; private set; }

    /// <summary>What the current result lies in: while it is locked, nobody frees that result.</summary>
    internal object Gate => memory;

    /// <summary>Goes on to the next result. False at the end, or when none came in time.</summary>
    public bool Read()
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (reading) throw new InvalidOperationException("another thread is reading; a reader is for one at a time");
            if (block.Current != 0) block.Consume(acknowledge);
            turn++;
            reading = true;
        }

        try
        {
            return Next();
        }
        finally
        {
            lock (Gate)
            {
                reading = false;
                if (disposed) block.Dispose(); // meanwhile; what was fetched goes back
            }
        }
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

    /// <summary>The result of that turn; called with the gate locked.</summary>
    internal nint Result(long asked)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (asked != turn) throw new InvalidOperationException("the reader has gone on; ToResult makes a copy that stays");
        return block.Current;
    }

    /// <summary>A copy that no reader takes away; called with the gate locked.</summary>
    internal ReadOnlySpan<byte> Keep(ReadOnlySpan<byte> borrowed)
    {
        ReadOnlySpan<byte> copy = memory.Copy(borrowed);
        GC.KeepAlive(this);
        return copy;
    }

    /// <summary>The same under the name that foreach looks for.</summary>
    public bool MoveNext() => Read();

    /// <summary>Itself, for foreach.</summary>
    public ResultReader GetEnumerator() => this;

    /// <summary>
    /// Frees what was not read; of results as they come, these are handed out again. A reader that is forgotten instead does so
    /// when it is collected, and until then others are not told the end.
    /// </summary>
    public void Dispose()
    {
        lock (Gate)
        {
            disposed = true;
            if (!reading) block.Dispose();
        }

        cursor?.Dispose();
    }

    private bool Next()
    {
        block.Thread = waits ? Environment.CurrentManagedThreadId : 0;
        while (true)
        {
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (block.Advance()) return true;
            }

            // Between filling and advancing others may take all of it.
            int status = fill(block);
            Ended = status == Status.End;
            if (status != Status.Ok) return false;
        }
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
