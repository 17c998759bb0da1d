using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Why a call failed. The message says in one line what, where and why; it never holds a key.</summary>
public sealed class BatchRouterException : Exception
{
    internal BatchRouterException(ErrorCode code, string message, string? hint = null)
        : base(hint is null ? message : $"{message} (hint: {hint})")
    {
        Code = code;
        Text = message;
        Hint = hint;
    }

    /// <summary>The status the failed call returned.</summary>
    public ErrorCode Code { get; }

    /// <summary>Its name in C, such as BR_ELOCKED.</summary>
    public string CodeName => Status.NameOf((int)Code);

    /// <summary>The message without the hint.</summary>
    public string Text { get; }

    /// <summary>What to do about it; null if there is nothing to advise.</summary>
    public string? Hint { get; }

    /// <summary>The provider that answered, such as "openai"; null if none was involved.</summary>
    public string? Provider { get; private init; }

    /// <summary>The vendor's own error code, such as "insufficient_quota".</summary>
    public string? VendorCode { get; private init; }

    /// <summary>The vendor's id of the refused call, for its support.</summary>
    public string? RequestId { get; private init; }

    /// <summary>HTTP status of the vendor's answer, 0 if there was none.</summary>
    public int HttpStatus { get; private init; }

    /// <summary>True if doing the same again later may work.</summary>
    public bool IsTransient { get; private init; }

    /// <summary>The least time to wait as the vendor asked for it; null if it did not.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>The wrong lines of input as "file:line:column: what, why, fix"; at most 100 are kept.</summary>
    public IReadOnlyList<string> Issues { get; private init; } = [];

    /// <summary>How many lines are wrong.</summary>
    public long IssueTotal { get; private init; }

    /// <summary>The jobs of <see cref="Router.Run"/>, which are there although time ran out; empty otherwise.</summary>
    public IReadOnlyList<JobOutcome> Jobs { get; internal set; } = [];

    /// <summary>Makes an exception of a native error, which is freed.</summary>
    internal static unsafe BatchRouterException Take(int status, nint error)
    {
        if (error == 0) return new BatchRouterException((ErrorCode)status, $"the call failed with {Status.NameOf(status)}");
        try
        {
            string message = Utf8.Read(NativeMethods.br_error_message(error)) ?? Status.NameOf(status);
            long wait = NativeMethods.br_error_retry_after_ms(error);
            return new BatchRouterException((ErrorCode)status, message, Utf8.Read(NativeMethods.br_error_hint(error)))
            {
                Provider = Utf8.Read(NativeMethods.br_error_provider(error)),
                VendorCode = Utf8.Read(NativeMethods.br_error_vendor_code(error)),
                RequestId = Utf8.Read(NativeMethods.br_error_request_id(error)),
                HttpStatus = NativeMethods.br_error_http_status(error),
                IsTransient = NativeMethods.br_error_is_transient(error) != 0,
                RetryAfter = wait < 0 ? null : TimeSpan.FromMilliseconds(wait),
                Issues = ReadIssues(error),
                IssueTotal = (long)NativeMethods.br_error_issue_total(error),
            };
        }
        finally
        {
            NativeMethods.br_error_free(error);
        }
    }

    /// <summary>The same for one error of several, which may be none; its code is its own.</summary>
    internal static BatchRouterException? TakeOne(nint error) =>
        error == 0 ? null : Take(NativeMethods.br_error_code(error), error);

    internal static BatchRouterException OutOfMemory() => new(ErrorCode.OutOfMemory, "memory is out");

    internal static BatchRouterException Closed() => new(ErrorCode.Closed, "the router is closed", "open a new one");

    private static unsafe string[] ReadIssues(nint error)
    {
        var issues = new string[(int)NativeMethods.br_error_issue_count(error)];
        for (int i = 0; i < issues.Length; i++)
            issues[i] = Utf8.Read(NativeMethods.br_error_issue(error, (nuint)i)) ?? "";
        return issues;
    }
}
