using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Results that were taken from C and not consumed: those that were left, by job, and those that readers have. C hands out
/// nothing twice, so nobody is told the end while there are some. Any thread.
/// </summary>
internal sealed unsafe class ResultPool : IDisposable
{
    private static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(5);

    // All below is guarded by the first.
    private readonly Dictionary<string, Queue<nint>> left = [];
    private readonly Dictionary<long, WeakReference<ResultBlock>> readers = [];
    private readonly List<(string? Job, int Thread)> fetches = [];
    private long newest;
    private int acknowledging, wakeups;
    private bool closed;

    // 1: somebody was told "perhaps". Written without the lock.
    private int unsure;

    ~ResultPool() => Dispose();

    /// <summary>What others have of a job when C has nothing more.</summary>
    public enum Others
    {
        /// <summary>Nothing: it is the end.</summary>
        Nothing,

        /// <summary>Some, which are in the block.</summary>
        Some,

        /// <summary>What may still come back, or be coming.</summary>
        Perhaps,
    }

    /// <summary>Told whenever somebody who waits should look again.</summary>
    public Action? Changed { get; set; }

    public void Enter(ResultBlock block)
    {
        lock (left)
        {
            block.Number = ++newest;
            readers.Add(block.Number, new WeakReference<ResultBlock>(block));
        }
    }

    /// <summary>Takes back what a block has when its reader ends.</summary>
    public void Leave(ResultBlock block)
    {
        lock (left)
        {
            readers.Remove(block.Number);
            foreach (nint result in block.TakeAll()) PutBack(result);
            Monitor.PulseAll(left);
        }

        Changed?.Invoke();
    }

    /// <summary>A result was consumed, on which somebody may have waited.</summary>
    public void Settled()
    {
        if (Volatile.Read(ref unsure) == 0 || Interlocked.Exchange(ref unsure, 0) == 0) return;
        lock (left) Monitor.PulseAll(left);
        Changed?.Invoke();
    }

    /// <summary>Puts what was left of a job (null: of any) into the empty block.</summary>
    public bool TakeLeft(string? job, ResultBlock block, int most)
    {
        lock (left)
        {
            if (left.Count == 0) return false;
            var taken = new List<nint>();
            foreach (string key in job is null ? left.Keys.ToArray() : [job])
            {
                if (!left.TryGetValue(key, out Queue<nint>? queue)) continue;
                while (taken.Count < most && queue.TryDequeue(out nint result)) taken.Add(result);
                if (queue.Count == 0) left.Remove(key);
            }

            if (taken.Count > 0) block.Put(taken.ToArray());
            return taken.Count > 0;
        }
    }

    /// <summary>
    /// Runs a call of C that fills the block. While all that was handed out is being acknowledged, nothing is fetched that
    /// nobody has seen.
    /// </summary>
    public void Fetch(string? job, Action fill)
    {
        int here = Environment.CurrentManagedThreadId;
        lock (left)
        {
            while (acknowledging > 0 && !fetches.Exists(fetch => fetch.Thread == here)) Monitor.Wait(left);
            fetches.Add((job, here));
        }

        try
        {
            fill();
        }
        finally
        {
            lock (left)
            {
                fetches.RemoveAt(fetches.FindLastIndex(fetch => fetch.Thread == here));
                Monitor.PulseAll(left);
            }
        }
    }

    /// <summary>
    /// Asked when C has nothing more of a job (null: of any). here: the thread of a reader that blocks it, where another
    /// one's current result cannot come back meanwhile; else 0.
    /// </summary>
    public Others Ask(string? job, ResultBlock block, int most, int here)
    {
        lock (left)
        {
            if (TakeLeft(job, block, most)) return Others.Some;
            bool perhaps = IsFetching(job);
            foreach ((long number, WeakReference<ResultBlock> reader) in readers)
            {
                if (number == block.Number) continue;
                if (!reader.TryGetTarget(out ResultBlock? other))
                {
                    perhaps = true; // forgotten, and its finalizer gives back what it has
                    continue;
                }

                if (!Covers(other.Job, job)) continue;
                nint[] given = other.Give(job);
                if (given.Length > most)
                {
                    foreach (nint result in given.AsSpan(most)) PutBack(result);
                    given = given[..most];
                }

                if (given.Length > 0)
                {
                    block.Put(given);
                    return Others.Some;
                }

                perhaps = perhaps || (other.Holds(job) && (here == 0 || other.Thread != here));
            }

            if (!perhaps) return Others.Nothing;
            Interlocked.Exchange(ref unsure, 1);
            return Others.Perhaps;
        }
    }

    /// <summary>How often waits were ended.</summary>
    public int Wakeups => Volatile.Read(ref wakeups);

    /// <summary>Ends the waits.</summary>
    public void Wakeup()
    {
        lock (left)
        {
            wakeups++;
            Monitor.PulseAll(left);
        }
    }

    /// <summary>Waits until something was fetched, consumed or left.</summary>
    public void Wait(TimeSpan limit)
    {
        lock (left) Monitor.Wait(left, limit);
    }

    /// <summary>Runs a call that acknowledges all that C has handed out of a job; false if some of it was not seen.</summary>
    public bool AcknowledgeAll(string job, Action call)
    {
        lock (left)
        {
            acknowledging++;
            long until = Environment.TickCount64 + (long)FetchLimit.TotalMilliseconds;
            while (IsFetching(job) && until - Environment.TickCount64 is > 0 and var ms) Monitor.Wait(left, (int)ms);
        }

        try
        {
            lock (left)
            {
                if (IsFetching(job) || IsUnseen(job)) return false;
            }

            call();
            return true;
        }
        finally
        {
            lock (left)
            {
                acknowledging--;
                Monitor.PulseAll(left);
            }
        }
    }

    /// <summary>Frees all. They were not acknowledged, so the next router hands them out again.</summary>
    public void Dispose()
    {
        lock (left)
        {
            closed = true;
            foreach (nint result in left.Values.SelectMany(queue => queue)) NativeMethods.br_result_free(result);
            left.Clear();
        }

        GC.SuppressFinalize(this);
    }

    private static bool Covers(string? one, string? other) => one is null || other is null || one == other;

    private void PutBack(nint result)
    {
        if (closed)
        {
            NativeMethods.br_result_free(result);
            return;
        }

        _ = NativeMethods.br_result_custom_id(result, null);
        string job = ResultBlock.JobOf(result);
        if (!left.TryGetValue(job, out Queue<nint>? queue)) left.Add(job, queue = new Queue<nint>());
        queue.Enqueue(result);
    }

    /// <summary>Whether another thread may be getting results of the job. One of this thread is further up the stack.</summary>
    private bool IsFetching(string? job)
    {
        int here = Environment.CurrentManagedThreadId;
        return fetches.Exists(fetch => fetch.Thread != here && Covers(fetch.Job, job));
    }

    private bool IsUnseen(string job)
    {
        if (left.ContainsKey(job)) return true;
        foreach (WeakReference<ResultBlock> reader in readers.Values)
        {
            if (!reader.TryGetTarget(out ResultBlock? block) || block.HasUnread(job)) return true;
        }

        return false;
    }
}
