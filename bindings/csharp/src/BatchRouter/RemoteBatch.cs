using BatchRouter.Native;

namespace BatchRouter;

/// <summary>A batch at the vendor, as its list shows it.</summary>
public sealed record RemoteBatch(string BatchId, string Provider, JobState State, string Json)
{
    internal static unsafe IReadOnlyList<RemoteBatch> ReadAll(JobListHandle list)
    {
        using NativeHandle.Holding held = list.Hold();
        var batches = new RemoteBatch[(int)NativeMethods.br_job_list_count(list)];
        for (int i = 0; i < batches.Length; i++)
        {
            using var job = new BorrowedJob(NativeMethods.br_job_list_get(list, (nuint)i));
            batches[i] = new RemoteBatch(
                Utf8.Read(NativeMethods.br_job_batch_id(job, 0)) ?? "",
                Utf8.Read(NativeMethods.br_job_provider(job)) ?? "",
                (JobState)NativeMethods.br_job_state(job),
                Utf8.Read(NativeMethods.br_job_json(job, out nuint length), length) ?? "");
        }

        return batches;
    }
}
