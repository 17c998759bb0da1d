using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>
/// Results. What takes nanoseconds, or at the first question less than a microsecond, need not tell the garbage collector
/// that it is away. What reads a whole line, or may close a router, does.
/// </summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial int br_result_ack(nint result, out nint err);

    [LibraryImport(Library)]
    public static partial int br_result_return(nint result, out nint err);

    [LibraryImport(Library)]
    public static partial void br_result_free(nint result);

    /// <summary>Of a result that br_results_next gave: it holds no router, so that freeing is giving back memory.</summary>
    [LibraryImport(Library, EntryPoint = "br_result_free"), SuppressGCTransition]
    public static partial void br_result_free_stored(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_custom_id(nint result, nuint* length);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int br_result_status(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_status_name(int status);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_job_id(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_batch_id(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_text(nint result, nuint* length);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_model(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_finish_reason(nint result);

    [LibraryImport(Library)]
    public static partial byte* br_result_tool_calls(nint result, nuint* length);

    [LibraryImport(Library)]
    public static partial byte* br_result_response(nint result, nuint* length);

    [LibraryImport(Library)]
    public static partial int br_result_raw(nint result, out byte* row, out nuint length, out nint err);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_error_type(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_error_code(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_error_message(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int br_result_http_status(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int br_result_is_transient(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long br_result_tokens(nint result, int which);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int br_result_redelivered(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* br_result_json(nint result, nuint* length);
}
