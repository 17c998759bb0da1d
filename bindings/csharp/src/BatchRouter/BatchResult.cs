using BatchRouter.Native;

namespace BatchRouter;

/// <summary>One answer, copied: it stays valid whatever becomes of the router.</summary>
public sealed unsafe class BatchResult
{
    private ResultHandle? native;

    private BatchResult(nint result, RepeatedText[] names)
    {
        var view = new NativeResult(result);
        CustomId = view.CustomIdString;
        Status = view.Status;
        JobId = names[0].Get(view.JobId) ?? "";
        BatchId = names[1].Get(view.BatchId);
        Model = names[2].Get(view.Model);
        FinishReason = names[3].Get(view.FinishReason);
        Text = view.TextString;
        ToolCalls = view.CopyToolCalls();
        Response = view.CopyResponse();
        InputTokens = Known(view.InputTokens);
        OutputTokens = Known(view.OutputTokens);
        CachedInputTokens = Known(view.CachedInputTokens);
        ReasoningTokens = Known(view.ReasoningTokens);
        Redelivered = view.Redelivered;
        HttpStatus = view.HttpStatus;
        if (Status == ResultStatus.Succeeded) return;
        ErrorType = NativeResult.Decode(view.ErrorType);
        ErrorCode = NativeResult.Decode(view.ErrorCode);
        ErrorMessage = NativeResult.Decode(view.ErrorMessage);
        IsTransient = view.IsTransient;
    }

    /// <summary>The id it was asked under.</summary>
    public string CustomId { get; }

    /// <summary>How the request ended.</summary>
    public ResultStatus Status { get; }

    /// <summary>Its job.</summary>
    public string JobId { get; }

    /// <summary>The vendor's batch; null if it never had one.</summary>
    public string? BatchId { get; }

    /// <summary>The answer's text; null if there is none.</summary>
    public string? Text { get; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; }

    /// <summary>Why the answer ends.</summary>
    public string? FinishReason { get; }

    /// <summary>Tool calls as a JSON array.</summary>
    public JsonBytes ToolCalls { get; }

    /// <summary>The vendor's response object, untouched.</summary>
    public JsonBytes Response { get; }

    /// <summary>Tokens of the request; null when the vendor did not say.</summary>
    public long? InputTokens { get; }

    /// <summary>Tokens of the answer; null when the vendor did not say.</summary>
    public long? OutputTokens { get; }

    /// <summary>Of the request's tokens, those from a cache; null when the vendor did not say.</summary>
    public long? CachedInputTokens { get; }

    /// <summary>Of the answer's tokens, those of reasoning; null when the vendor did not say.</summary>
    public long? ReasoningTokens { get; }

    /// <summary>The kind of error; null when it succeeded.</summary>
    public string? ErrorType { get; }

    /// <summary>The vendor's code; null when it succeeded or gave none.</summary>
    public string? ErrorCode { get; }

    /// <summary>What went wrong; null when it succeeded.</summary>
    public string? ErrorMessage { get; }

    /// <summary>HTTP status of this one answer.</summary>
    public int HttpStatus { get; }

    /// <summary>True if asking the same again may work.</summary>
    public bool IsTransient { get; }

    /// <summary>True if it may have been handed out before, by a process that did not acknowledge it.</summary>
    public bool Redelivered { get; }

    /// <summary>
    /// Marks it as taken, once, where it was asked for with acknowledge: false. Durable at the next save
    /// (delivery.ack_interval_ms, closing the router). Elsewhere it does nothing.
    /// </summary>
    public void Acknowledge()
    {
        ResultHandle? taken = Interlocked.Exchange(ref native, null);
        if (taken is null) return;
        using (taken) ResultBlock.Acknowledge(taken.DangerousGetHandle());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{CustomId}: {Text ?? ErrorMessage ?? Status.ToString()}";

    /// <summary>A copy of a result that stays the caller's.</summary>
    internal static BatchResult Copy(nint result, RepeatedText[] names) => new(result, names);

    /// <summary>A copy that keeps the result, to acknowledge it.</summary>
    internal static BatchResult Owning(nint result, RepeatedText[] names)
    {
        var handle = new ResultHandle(result);
        return new BatchResult(result, names) { native = handle };
    }

    private static long? Known(long tokens) => tokens < 0 ? null : tokens;
}

/// <summary>A text that is mostly the same from result to result, and then is not copied again.</summary>
internal struct RepeatedText
{
    private byte[]? bytes;
    private string? text;

    public string? Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return null;
        if (text is not null && utf8.SequenceEqual(bytes)) return text;
        bytes = utf8.ToArray();
        return text = NativeResult.Decode(utf8);
    }
}
