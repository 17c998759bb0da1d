using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>The router, what it is given, and many batches at once.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial int br_router_new(ConfigHandle config, out RouterHandle router, out nint err);

    [LibraryImport(Library)]
    public static partial int br_router_close(RouterHandle router, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial void br_router_free(nint router);

    [LibraryImport(Library)]
    public static partial int br_router_fd(RouterHandle router);

    [LibraryImport(Library)]
    public static partial void br_router_wakeup(RouterHandle router);

    [LibraryImport(Library)]
    public static partial void br_router_interrupt(RouterHandle router);

    [LibraryImport(Library)]
    public static partial long br_router_interrupt_count(RouterHandle router);

    [LibraryImport(Library)]
    public static partial void br_router_interrupt_since(RouterHandle router, long count);

    [LibraryImport(Library)]
    public static partial int br_poll(RouterHandle router, long timeoutMs, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_router_add_provider(RouterHandle router, string name, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_router_remove_provider(RouterHandle router, string name, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_router_has_provider(RouterHandle router, string name);

    [LibraryImport(Library)]
    public static partial byte* br_router_provider(RouterHandle router, nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_stats_json(RouterHandle router, out nuint length);

    [LibraryImport(Library)]
    public static partial int br_submit(RouterHandle router, BatchHandle batch,
        delegate* unmanaged[Cdecl]<nint, nint, void> done, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out JobHandle job, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_job_open(RouterHandle router, string jobId, out JobHandle job, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_attach(RouterHandle router, string provider, string batchId, out JobHandle job,
        out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_attach_with(RouterHandle router, string provider, string batchId, BatchHandle options,
        out JobHandle job, out nint err);

    /// <summary>job: 0 for every unfinished one.</summary>
    [LibraryImport(Library)]
    public static partial int br_resume(RouterHandle router, nint job, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_list(RouterHandle router, string? provider, long limit, out JobListHandle list,
        out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_list_remote(RouterHandle router, string provider, long limit, long timeoutMs,
        out JobListHandle list, out nint err);

    [LibraryImport(Library)]
    public static partial void br_job_list_free(nint list);

    [LibraryImport(Library)]
    public static partial nuint br_job_list_count(JobListHandle list);

    [LibraryImport(Library)]
    public static partial nint br_job_list_get(JobListHandle list, nuint index);

    [LibraryImport(Library)]
    public static partial int br_retry(RouterHandle router, JobHandle job,
        delegate* unmanaged[Cdecl]<nint, nint, void> done, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out JobHandle newJob, out nint err);

    [LibraryImport(Library)]
    public static partial int br_retry_with(RouterHandle router, JobHandle job, BatchHandle options,
        delegate* unmanaged[Cdecl]<nint, nint, void> done, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out JobHandle newJob, out nint err);

    [LibraryImport(Library)]
    public static partial int br_submit_many(RouterHandle router, nint* batches, nuint count, nint* jobs, nint* errors,
        out nint err);

    [LibraryImport(Library)]
    public static partial int br_run(RouterHandle router, nint* batches, nuint count, long timeoutMs, nint* jobs,
        nint* errors, out nint err);

    [LibraryImport(Library)]
    public static partial int br_wait_many(RouterHandle router, nint* jobs, nuint count, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial int br_refresh_many(RouterHandle router, nint* jobs, nuint count, long timeoutMs,
        nint* errors, out nint err);

    [LibraryImport(Library)]
    public static partial int br_cancel_many(RouterHandle router, nint* jobs, nuint count, long timeoutMs,
        int* cancelled, nint* errors, out nint err);

    /// <summary>job: 0 for any.</summary>
    [LibraryImport(Library)]
    public static partial int br_next_result(RouterHandle router, nint job, long timeoutMs, out ResultHandle result,
        out nint err);

    /// <summary>job: 0 for any.</summary>
    [LibraryImport(Library)]
    public static partial int br_next_results(RouterHandle router, nint job, long timeoutMs, nint* results,
        nuint capacity, out nuint count, out nint err);
}
