using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>HTTP calls that are answered by batches.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ExchangeHandle br_exchange_new(string method, string url);

    [LibraryImport(Library)]
    public static partial void br_exchange_free(nint exchange);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_exchange_add_header(ExchangeHandle exchange, string name, string value, out nint err);

    [LibraryImport(Library)]
    public static partial int br_exchange_set_body(ExchangeHandle exchange, ReadOnlySpan<byte> data, nuint length,
        out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_exchange_set(ExchangeHandle exchange, string option, string value, out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_new(RouterHandle router, out CaptureHandle capture, out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_close(CaptureHandle capture, long timeoutMs, out nint err);

    [LibraryImport(Library)]
    public static partial void br_capture_free(nint capture);

    [LibraryImport(Library)]
    public static partial int br_capture_take(CaptureHandle capture, nint exchange, nint function, nint userData,
        nint destroy, out long id, out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_take_many(CaptureHandle capture, nint* exchanges, nuint count, long* ids,
        out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_leave(CaptureHandle capture, long id, out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_next(CaptureHandle capture, long timeoutMs, nint* answers, nuint capacity,
        out nuint count, out nint err);

    [LibraryImport(Library)]
    public static partial int br_capture_flush(CaptureHandle capture, out nint err);

    [LibraryImport(Library)]
    public static partial byte* br_capture_stats_json(CaptureHandle capture, out nuint length);

    [LibraryImport(Library)]
    public static partial byte* br_capture_call_json(CaptureHandle capture, long id, out nuint length);

    [LibraryImport(Library)]
    public static partial void br_answer_free(nint answer);

    [LibraryImport(Library)]
    public static partial long br_answer_id(AnswerHandle answer);

    [LibraryImport(Library)]
    public static partial int br_answer_status(AnswerHandle answer);

    [LibraryImport(Library)]
    public static partial nuint br_answer_header_count(AnswerHandle answer);

    [LibraryImport(Library)]
    public static partial byte* br_answer_header_name(AnswerHandle answer, nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_answer_header_value(AnswerHandle answer, nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_answer_body(AnswerHandle answer, out nuint length);

    [LibraryImport(Library)]
    public static partial byte* br_answer_events(AnswerHandle answer, out nuint length);

    [LibraryImport(Library)]
    public static partial byte* br_answer_batch_id(AnswerHandle answer);

    [LibraryImport(Library)]
    public static partial int br_answer_is_cached(AnswerHandle answer);

    [LibraryImport(Library)]
    public static partial int br_answer_delivered(AnswerHandle answer, out nint err);
}
