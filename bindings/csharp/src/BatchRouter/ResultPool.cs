using System.Runtime.InteropServices;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Results that were taken from C and not consumed, by job. Any thread.</summary>
internal sealed unsafe class ResultPool : IDisposable
{
    private readonly Dictionary<string, Queue<nint>> waiting = [];
    private bool closed;
    private int ahead;

    ~ResultPool() => Dispose();

    /// <summary>So many were taken from C, or from here, by somebody who hands them out.</summary>
    public void Fetched(int count) => Interlocked.Add(ref ahead, count);

    /// <summary>So many of them were handed out, or are given back.</summary>
    public void Seen(int count) => Interlocked.Add(ref ahead, -count);

    /// <summary>True if results were taken from C that nobody has seen, perhaps of that job.</summary>
    public bool IsAhead(string job)
    {
        lock (waiting) return Volatile.Read(ref ahead) > 0 || waiting.ContainsKey(job);
    }

    public void GiveBack(ReadOnlySpan<nint> results)
    {
        lock (waiting)
        {
            foreach (nint result in results)
            {
                if (closed)
                {
                    NativeMethods.br_result_free(result);
                    continue;
                }

                _ = NativeMethods.br_result_custom_id(result, null);
                string job = Utf8.Read(NativeMethods.br_result_job_id(result)) ?? "";
                ref Queue<nint>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(waiting, job, out _);
                (queue ??= new Queue<nint>()).Enqueue(result);
            }
        }
    }

    /// <summary>Takes up to capacity of a job, or (null) of any.</summary>
    public int Take(string? job, Span<nint> output)
    {
        int count = 0;
        lock (waiting)
        {
            if (waiting.Count == 0) return 0;
            foreach (string key in job is null ? waiting.Keys.ToArray() : [job])
            {
                if (!waiting.TryGetValue(key, out Queue<nint>? queue)) continue;
                while (count < output.Length && queue.TryDequeue(out nint result)) output[count++] = result;
                if (queue.Count == 0) waiting.Remove(key);
            }
        }

        return count;
    }

    /// <summary>Frees all. They were not acknowledged, so the next router hands them out again.</summary>
    public void Dispose()
    {
        lock (waiting)
        {
            closed = true;
            foreach (nint result in waiting.Values.SelectMany(queue => queue)) NativeMethods.br_result_free(result);
            waiting.Clear();
        }

        GC.SuppressFinalize(this);
    }
}
