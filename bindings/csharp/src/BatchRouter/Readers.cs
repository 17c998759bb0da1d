using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// Who reads results of a router as they come. C hands out nothing twice, so whoever is told there that all was handed out
/// first makes the others give back what they have not shown, and waits while one of them is at a result that may come
/// back. Any thread.
/// </summary>
internal sealed class Readers(Poller poller)
{
    // Locked while results are fetched and given back, and before any block. It guards what is in it and the next one.
    private readonly HashSet<WeakReference<ResultBlock>> blocks = [];
    private readonly Dictionary<string, int> returned = []; // by job: given back, and not fetched again
    private int wakeups;

    // 1: somebody waits at the end for others. Written without the lock.
    private int waiting;

    /// <summary>How often blocking reads were ended.</summary>
    public int Wakeups => Volatile.Read(ref wakeups);

    public void Enter(ResultBlock block)
    {
        lock (blocks) blocks.Add(block.Known);
    }

    /// <summary>Gives back what a block has when its reader ends.</summary>
    public void Leave(ResultBlock block)
    {
        lock (blocks)
        {
            blocks.Remove(block.Known);
            GiveBack(block.TakeAll());
        }

        Settled();
    }

    /// <summary>A result was consumed or given back, for which somebody may wait at the end.</summary>
    public void Settled()
    {
        if (Volatile.Read(ref waiting) != 0 && Interlocked.Exchange(ref waiting, 0) != 0) poller.Nudge();
    }

    /// <summary>Ends blocking reads.</summary>
    public void Wakeup()
    {
        Interlocked.Increment(ref wakeups);
        poller.Nudge();
    }

    /// <summary>Runs a call of C that fills the empty block; BR_OK, BR_AGAIN or BR_END.</summary>
    public int Fetch(ResultBlock block, Func<int> call)
    {
        lock (blocks)
        {
            int status = call();
            if (status == Status.End)
            {
                Interlocked.Exchange(ref waiting, 1); // before looking: who consumes its result after that tells of it
                if (Reclaim(block)) status = call();
                if (status == Status.End && IsHeld(block)) status = Status.Again;
            }

            foreach (string job in returned.Count == 0 ? [] : block.UnreadJobs())
            {
                if (returned.TryGetValue(job, out int left) && left > 1) returned[job] = left - 1;
                else returned.Remove(job);
            }

            return status;
        }
    }

    /// <summary>
    /// Runs a call that acknowledges all that C has handed out of a job; false if some of it was given back or fetched, and
    /// nobody has seen it.
    /// </summary>
    public bool AcknowledgeAll(string job, Action call)
    {
        lock (blocks)
        {
            if (returned.ContainsKey(job)) return false;
            foreach (WeakReference<ResultBlock> known in blocks)
                if (!known.TryGetTarget(out ResultBlock? block) || block.UnreadJobs().Contains(job)) return false;
            call();
        }

        poller.Nudge(); // for who waits for its results
        return true;
    }

    private static bool Covers(string? one, string? other) => one is null || other is null || one == other;

    private bool Reclaim(ResultBlock asking)
    {
        bool some = false;
        foreach (WeakReference<ResultBlock> known in blocks)
        {
            if (known == asking.Known || !known.TryGetTarget(out ResultBlock? other) || !Covers(other.Job, asking.Job)) continue;
            some = GiveBack(other.Give(asking.Job)) || some;
        }

        return some;
    }

    /// <summary>
    /// Whether another reader is at a result that comes back if it ends there; one that was forgotten gives back what it has
    /// when its finalizer runs. A reader that blocks a thread does not wait for another one of that thread.
    /// </summary>
    private bool IsHeld(ResultBlock asking)
    {
        foreach (WeakReference<ResultBlock> known in blocks)
        {
            if (known == asking.Known) continue;
            if (!known.TryGetTarget(out ResultBlock? other)) return true;
            if (other.Holds(asking.Job) && (asking.Thread == 0 || other.Thread != asking.Thread)) return true;
        }

        return false;
    }

    private bool GiveBack(nint[] results)
    {
        foreach (nint result in results)
        {
            string job = ResultBlock.JobOf(result);
            returned[job] = returned.GetValueOrDefault(job) + 1;
            _ = NativeMethods.br_result_return(result, out nint err);
            if (err != 0) NativeMethods.br_error_free(err);
        }

        return results.Length > 0;
    }
}
