using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Some native results (256 at most), taken from C in one call, of which one may be the current one of a reader. What is not
/// consumed goes back to C, so that a consumer that stops half-way, or is forgotten, loses nothing; and what is not current
/// yet goes to others that find nothing there. Locked after <see cref="Readers"/>.
/// </summary>
internal sealed unsafe class ResultBlock : IDisposable
{
    public const int Capacity = 256;

    private readonly Readers? readers;
    private readonly nint[] items;
    private int next, count;

    public ResultBlock(Readers? readers, string? job, int most = Capacity)
    {
        (this.readers, Job, items) = (readers, job, new nint[most]);
        Known = new WeakReference<ResultBlock>(this);
        readers?.Enter(this);
    }

    ~ResultBlock() => LetGo();

    /// <summary>The job whose results it takes; null: any.</summary>
    public string? Job { get; }

    /// <summary>The one that was handed out and not consumed; 0 if there is none.</summary>
    public nint Current { get; private set; }

    /// <summary>The thread of the reader that blocks its thread; 0 of another one.</summary>
    public int Thread { get; set; }

    /// <summary>What the others know it by, so that it can be forgotten.</summary>
    public WeakReference<ResultBlock> Known { get; }

    /// <summary>Fills the empty block: take gets the first place and the number of places, and returns how many it took.</summary>
    public void Fill(Func<nint, int, int> take)
    {
        var taken = new nint[items.Length];
        int many;
        fixed (nint* start = taken) many = take((nint)start, taken.Length);
        lock (this)
        {
            taken.CopyTo(items, 0);
            (next, count) = (0, many);
        }
    }

    /// <summary>Hands out the next one; false if there is none.</summary>
    public bool Advance()
    {
        lock (this)
        {
            if (next == count) return false;
            Current = items[next++];
            return true;
        }
    }

    /// <summary>Frees the current one, and acknowledges it before that if so asked.</summary>
    public void Consume(bool acknowledge)
    {
        nint result = Current;
        if (acknowledge) Acknowledge(result);
        Detach();
        if (readers is null) NativeMethods.br_result_free_stored(result);
        else NativeMethods.br_result_free(result);
    }

    /// <summary>Gives the current one to the caller.</summary>
    public nint Detach()
    {
        nint result;
        lock (this) (result, Current) = (Current, 0);
        readers?.Settled();
        return result;
    }

    /// <summary>Gives half of what it has of a job (null: of any) to somebody who found none in C, the last ones.</summary>
    public nint[] Give(string? job)
    {
        lock (this)
        {
            ReadOnlySpan<nint> unread = items.AsSpan(next..count);
            if (job is null || job == Job)
            {
                nint[] half = unread[(unread.Length / 2)..].ToArray();
                count -= half.Length;
                return half;
            }

            nint[] given = Array.FindAll(unread.ToArray(), result => JobOf(result) == job);
            if (given.Length == 0) return given;
            nint[] others = Array.FindAll(unread.ToArray(), result => JobOf(result) != job);
            others.CopyTo(items, next);
            count = next + others.Length;
            return given;
        }
    }

    /// <summary>The job of each result that nobody has seen.</summary>
    public string[] UnreadJobs()
    {
        lock (this) return Array.ConvertAll(items[next..count], JobOf);
    }

    /// <summary>Whether the current one is of the job (null: any) and would come back.</summary>
    public bool Holds(string? job)
    {
        lock (this) return Current != 0 && (job is null || JobOf(Current) == job);
    }

    public static string JobOf(nint result) => Utf8.Read(NativeMethods.br_result_job_id(result)) ?? "";

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

    /// <summary>Takes out all that is left.</summary>
    public nint[] TakeAll()
    {
        lock (this)
        {
            nint[] left = Current == 0 ? items[next..count] : [Current, .. items[next..count]];
            Current = 0;
            next = count = 0;
            return left;
        }
    }

    private void LetGo()
    {
        if (readers is not null) readers.Leave(this);
        else Array.ForEach(TakeAll(), NativeMethods.br_result_free);
    }
}
