using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>Jobs: the snapshot that a handle holds, and what is asked of the vendor.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial void br_job_free(nint job);

    [LibraryImport(Library)]
    public static partial int br_job_write_failed(JobHandle job,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> write, nint userData, out long rows, out nint err);

    [LibraryImport(Library)]
    public static partial byte* br_state_name(int state);

    [LibraryImport(Library)]
    public static partial int br_state_compat(int state);

    [LibraryImport(Library)]
    public static partial int br_state_is_terminal(int state);

    [LibraryImport(Library)]
    public static partial byte* br_job_id(JobHandle job);

    /// <summary>For the job that a callback was given, which stays the library's.</summary>
    [LibraryImport(Library, EntryPoint = "br_job_id")]
    public static partial byte* br_job_id_borrowed(nint job);

    [LibraryImport(Library)]
    public static partial byte* br_job_provider(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_parent(JobHandle job);

    [LibraryImport(Library)]
    public static partial int br_job_attempt(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_name(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_output(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_base_url(JobHandle job);

    [LibraryImport(Library)]
    public static partial int br_job_state(JobHandle job);

    [LibraryImport(Library)]
    public static partial int br_job_submission(JobHandle job);

    [LibraryImport(Library)]
    public static partial int br_job_is_done(JobHandle job);

    [LibraryImport(Library)]
    public static partial long br_job_count(JobHandle job, int counter);

    [LibraryImport(Library)]
    public static partial long br_job_time(JobHandle job, int which);

    [LibraryImport(Library)]
    public static partial nuint br_job_batch_count(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_batch_id(JobHandle job, nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_job_raw(JobHandle job, nuint index, out nuint length);

    [LibraryImport(Library)]
    public static partial int br_job_result_raw(JobHandle job, byte* customId, nuint customIdLength, out byte* row,
        out nuint length, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_error_code(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_error_message(JobHandle job);

    [LibraryImport(Library)]
    public static partial int br_job_is_blocked(JobHandle job);

    [LibraryImport(Library)]
    public static partial byte* br_job_json(JobHandle job, out nuint length);

    [LibraryImport(Library)]
    public static partial int br_job_update(JobHandle job, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_refresh(JobHandle job, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_wait(JobHandle job, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_wait_submitted(JobHandle job, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial int br_cancel(JobHandle job, long timeoutMs, out int cancelled, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_job_adopt(JobHandle job, int part, string batchId, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_abandon(JobHandle job, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_refetch(JobHandle job, long timeoutMs, out long changed, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_remove(JobHandle job, out nint err);

    [LibraryImport(Library)]
    public static partial int br_job_ack_all(JobHandle job, out nint err);

    [LibraryImport(Library)]
    public static partial int br_results_open(JobHandle job, out ResultsHandle results, out nint err);

    [LibraryImport(Library)]
    public static partial int br_results_follow(JobHandle job, long timeoutMs, out ResultsHandle results,
        out nint err);

    [LibraryImport(Library)]
    public static partial int br_results_set_order(ResultsHandle results, int order, out nint err);

    [LibraryImport(Library)]
    public static partial int br_results_next(ResultsHandle results, nint* output, nuint capacity, out nuint count,
        out nint err);

    [LibraryImport(Library)]
    public static partial int br_results_write(ResultsHandle results,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> write, nint userData, out long rows, out long failed,
        out nint err);

    [LibraryImport(Library)]
    public static partial void br_results_free(nint results);
}
