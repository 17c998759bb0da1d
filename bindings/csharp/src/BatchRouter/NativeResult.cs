using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// One answer where it lies in the library's memory, for whoever keeps it alive meanwhile. An empty span is "none".
/// </summary>
internal readonly unsafe ref struct NativeResult
{
    private readonly nint result;

    internal NativeResult(nint result)
    {
        this.result = result;
        nuint length;
        byte* id = NativeMethods.br_result_custom_id(result, &length);
        CustomId = Utf8.Span(id, length);
    }

    /// <summary>The id it was asked under.</summary>
    public ReadOnlySpan<byte> CustomId { get; }

    /// <summary>The same as a string.</summary>
    public string CustomIdString => Utf8.Read(CustomId);

    /// <summary>How the request ended.</summary>
    public ResultStatus Status => (ResultStatus)NativeMethods.br_result_status(result);

    /// <summary>Its job.</summary>
    public ReadOnlySpan<byte> JobId => Utf8.Span(NativeMethods.br_result_job_id(result));

    /// <summary>The vendor's batch.</summary>
    public ReadOnlySpan<byte> BatchId => Utf8.Span(NativeMethods.br_result_batch_id(result));

    /// <summary>The model that answered.</summary>
    public ReadOnlySpan<byte> Model => Utf8.Span(NativeMethods.br_result_model(result));

    /// <summary>Why the answer ends.</summary>
    public ReadOnlySpan<byte> FinishReason => Utf8.Span(NativeMethods.br_result_finish_reason(result));

    /// <summary>The answer's text.</summary>
    public ReadOnlySpan<byte> Text
    {
        get
        {
            nuint length;
            byte* text = NativeMethods.br_result_text(result, &length);
            return Utf8.Span(text, length);
        }
    }

    /// <summary>The same as a string; null if there is none.</summary>
    public string? TextString
    {
        get
        {
            nuint length;
            byte* text = NativeMethods.br_result_text(result, &length);
            return Utf8.Read(text, length);
        }
    }

    /// <summary>Tool calls as a JSON array.</summary>
    public ReadOnlySpan<byte> ToolCalls
    {
        get
        {
            nuint length;
            byte* json = NativeMethods.br_result_tool_calls(result, &length);
            return Utf8.Span(json, length);
        }
    }

    /// <summary>The vendor's response object, untouched.</summary>
    public ReadOnlySpan<byte> Response
    {
        get
        {
            nuint length;
            byte* json = NativeMethods.br_result_response(result, &length);
            return Utf8.Span(json, length);
        }
    }

    /// <summary>The vendor's own row, as it was downloaded. Reads files.</summary>
    public ReadOnlySpan<byte> Raw()
    {
        global::BatchRouter.Status.Check(NativeMethods.br_result_raw(result, out byte* row, out nuint length, out nint err), err);
        return Utf8.Span(row, length);
    }

    /// <summary>The result as one line of the unified format.</summary>
    public ReadOnlySpan<byte> Json
    {
        get
        {
            nuint length;
            byte* json = NativeMethods.br_result_json(result, &length);
            return Utf8.Span(json, length);
        }
    }

    /// <summary>The kind of error.</summary>
    public ReadOnlySpan<byte> ErrorType => Utf8.Span(NativeMethods.br_result_error_type(result));

    /// <summary>The vendor's code.</summary>
    public ReadOnlySpan<byte> ErrorCode => Utf8.Span(NativeMethods.br_result_error_code(result));

    /// <summary>What went wrong.</summary>
    public ReadOnlySpan<byte> ErrorMessage => Utf8.Span(NativeMethods.br_result_error_message(result));

    /// <summary>HTTP status of this one answer.</summary>
    public int HttpStatus => NativeMethods.br_result_http_status(result);

    /// <summary>True if asking the same again may work.</summary>
    public bool IsTransient => NativeMethods.br_result_is_transient(result) != 0;

    /// <summary>True if it may have been handed out before, by a process that did not acknowledge it.</summary>
    public bool Redelivered => NativeMethods.br_result_redelivered(result) != 0;

    /// <summary>Tokens of the request; -1 when the vendor did not say.</summary>
    public long InputTokens => NativeMethods.br_result_tokens(result, 0);

    /// <summary>Tokens of the answer; -1 when the vendor did not say.</summary>
    public long OutputTokens => NativeMethods.br_result_tokens(result, 1);

    /// <summary>Of the request's tokens, those from a cache; -1 when the vendor did not say.</summary>
    public long CachedInputTokens => NativeMethods.br_result_tokens(result, 2);

    /// <summary>Of the answer's tokens, those of reasoning; -1 when the vendor did not say.</summary>
    public long ReasoningTokens => NativeMethods.br_result_tokens(result, 3);

    internal static string? Decode(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? null : Utf8.Read(utf8);

    internal JsonBytes CopyToolCalls()
    {
        nuint length;
        byte* json = NativeMethods.br_result_tool_calls(result, &length);
        return Utf8.Copy(json, length);
    }

    internal JsonBytes CopyResponse()
    {
        nuint length;
        byte* json = NativeMethods.br_result_response(result, &length);
        return Utf8.Copy(json, length);
    }
}
