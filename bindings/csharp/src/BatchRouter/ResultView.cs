using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// One answer of a reader, asked for piece by piece: a span is UTF-8 in the collector's memory and stays good, with nothing
/// made but the bytes. Valid until the reader that it came from goes on or is disposed; asked later it throws. An empty span
/// is "none".
/// </summary>
public readonly ref struct ResultView
{
    private readonly ResultReader? reader;
    private readonly long turn;

    internal ResultView(ResultReader reader, long turn)
    {
        this.reader = reader;
        this.turn = turn;
    }

    /// <summary>The id it was asked under.</summary>
    public ReadOnlySpan<byte> CustomId
    {
        get
        {
            lock (Source) return Copy(Native.CustomId);
        }
    }

    /// <summary>The same as a string.</summary>
    public string CustomIdString
    {
        get
        {
            lock (Source) return Native.CustomIdString;
        }
    }

    /// <summary>How the request ended.</summary>
    public ResultStatus Status
    {
        get
        {
            lock (Source) return Native.Status;
        }
    }

    /// <summary>"succeeded", "errored", "cancelled" or "expired".</summary>
    public unsafe string StatusName => Utf8.Read(NativeMethods.br_result_status_name((int)Status)) ?? "";

    /// <summary>Its job.</summary>
    public ReadOnlySpan<byte> JobId
    {
        get
        {
            lock (Source) return Copy(Native.JobId);
        }
    }

    /// <summary>The vendor's batch.</summary>
    public ReadOnlySpan<byte> BatchId
    {
        get
        {
            lock (Source) return Copy(Native.BatchId);
        }
    }

    /// <summary>The model that answered.</summary>
    public ReadOnlySpan<byte> Model
    {
        get
        {
            lock (Source) return Copy(Native.Model);
        }
    }

    /// <summary>Why the answer ends.</summary>
    public ReadOnlySpan<byte> FinishReason
    {
        get
        {
            lock (Source) return Copy(Native.FinishReason);
        }
    }

    /// <summary>The answer's text.</summary>
    public ReadOnlySpan<byte> Text
    {
        get
        {
            lock (Source) return Copy(Native.Text);
        }
    }

    /// <summary>The same as a string; null if there is none.</summary>
    public string? TextString
    {
        get
        {
            lock (Source) return Native.TextString;
        }
    }

    /// <summary>Tool calls as a JSON array.</summary>
    public ReadOnlySpan<byte> ToolCalls
    {
        get
        {
            lock (Source) return Copy(Native.ToolCalls);
        }
    }

    /// <summary>The vendor's response object, untouched.</summary>
    public ReadOnlySpan<byte> Response
    {
        get
        {
            lock (Source) return Copy(Native.Response);
        }
    }

    /// <summary>
    /// The vendor's own row of this result with all that stands around the response: the line of the vendor's results, byte
    /// for byte as it was downloaded; of a result of type "malformed" that need not be JSON. Empty: the vendor gave no row.
    /// Reads files; throws when the router is disposed or the job was removed.
    /// </summary>
    public ReadOnlySpan<byte> Raw()
    {
        lock (Source) return Copy(Native.Raw());
    }

    /// <summary>The result as one line of the unified format.</summary>
    public ReadOnlySpan<byte> Json
    {
        get
        {
            lock (Source) return Copy(Native.Json);
        }
    }

    /// <summary>The kind of error.</summary>
    public ReadOnlySpan<byte> ErrorType
    {
        get
        {
            lock (Source) return Copy(Native.ErrorType);
        }
    }

    /// <summary>The vendor's code.</summary>
    public ReadOnlySpan<byte> ErrorCode
    {
        get
        {
            lock (Source) return Copy(Native.ErrorCode);
        }
    }

    /// <summary>What went wrong.</summary>
    public ReadOnlySpan<byte> ErrorMessage
    {
        get
        {
            lock (Source) return Copy(Native.ErrorMessage);
        }
    }

    /// <summary>HTTP status of this one answer.</summary>
    public int HttpStatus
    {
        get
        {
            lock (Source) return Native.HttpStatus;
        }
    }

    /// <summary>True if asking the same again may work.</summary>
    public bool IsTransient
    {
        get
        {
            lock (Source) return Native.IsTransient;
        }
    }

    /// <summary>True if it may have been handed out before, by a process that did not acknowledge it.</summary>
    public bool Redelivered
    {
        get
        {
            lock (Source) return Native.Redelivered;
        }
    }

    /// <summary>Tokens of the request; -1 when the vendor did not say.</summary>
    public long InputTokens
    {
        get
        {
            lock (Source) return Native.InputTokens;
        }
    }

    /// <summary>Tokens of the answer; -1 when the vendor did not say.</summary>
    public long OutputTokens
    {
        get
        {
            lock (Source) return Native.OutputTokens;
        }
    }

    /// <summary>Of the request's tokens, those from a cache; -1 when the vendor did not say.</summary>
    public long CachedInputTokens
    {
        get
        {
            lock (Source) return Native.CachedInputTokens;
        }
    }

    /// <summary>Of the answer's tokens, those of reasoning; -1 when the vendor did not say.</summary>
    public long ReasoningTokens
    {
        get
        {
            lock (Source) return Native.ReasoningTokens;
        }
    }

    /// <summary>What holds the answer, which nobody frees while this is locked.</summary>
    private object Source => (reader ?? throw new InvalidOperationException("the view is of no result")).Gate;

    /// <summary>The answer, for as long as the source is locked.</summary>
    private NativeResult Native => new(reader!.Result(turn));

    /// <summary>A copy that stays.</summary>
    public BatchResult ToResult()
    {
        lock (Source) return BatchResult.Copy(reader!.Result(turn), new RepeatedText[4]);
    }

    private ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> borrowed) => reader!.Keep(borrowed);
}
