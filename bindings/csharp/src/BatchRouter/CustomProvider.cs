namespace BatchRouter;

/// <summary>
/// A provider of one's own; docs/adding-a-provider.md says what each function promises. <see cref="SupportsModel"/> and
/// <see cref="Prepare"/> run on the thread that submits or validates, the others on the router's thread or one that waits
/// in the router, one at a time for each router. They may block.
/// <para>
/// A <see cref="ProviderException"/> says how it went on; any other exception fails that call for good, and of
/// <see cref="Submit"/> means that the batch may exist: it is then looked for before it is sent again.
/// </para>
/// </summary>
public abstract class CustomProvider
{
    /// <summary>Whether it serves the model.</summary>
    protected internal virtual bool SupportsModel(string model) => true;

    /// <summary>The line that goes into the request file for one request in the unified format.</summary>
    protected internal virtual string Prepare(string line) => line;

    /// <summary>Makes the batch, once, and returns its id. The batch should carry the marker.</summary>
    protected internal abstract string Submit(SubmitBatch batch);

    /// <summary>What is known of a batch.</summary>
    protected internal abstract BatchStatus Poll(string batchId);

    /// <summary>Writes the result lines of a batch that has ended, in the unified format and in any order.</summary>
    protected internal abstract void Fetch(string batchId, Stream rows);

    /// <summary>Asks the batch to stop. A terminal state in the answer means that it had ended.</summary>
    protected internal virtual BatchStatus Cancel(string batchId) =>
        throw new ProviderException("the provider cannot cancel") { Code = ErrorCode.Unsupported };

    /// <summary>
    /// Every batch there is, or at least each with the marker; without a marker the newest <paramref name="limit"/> are
    /// enough. Without this function a batch whose submission is not known stays possibly submitted and blocked.
    /// </summary>
    protected internal virtual IEnumerable<ListedBatch> List(string? marker, int limit) =>
        throw new ProviderException("the provider cannot list") { Code = ErrorCode.Unsupported };
}

/// <summary>What <see cref="CustomProvider.Submit"/> is asked for.</summary>
/// <param name="RequestsPath">The file of the prepared lines. It stays there until the job is removed.</param>
/// <param name="Rows">How many requests the batch has.</param>
/// <param name="Model">The model of its first request.</param>
/// <param name="Marker">Unique for each batch: an idempotency key, and what a list is searched for.</param>
/// <param name="Meta">The metadata of the batch.</param>
public sealed record SubmitBatch(string RequestsPath, long Rows, string Model, string Marker,
    IReadOnlyDictionary<string, string> Meta);

/// <summary>What a provider knows of a batch. Without a state it is asked again.</summary>
public sealed record BatchStatus(JobState? State = null)
{
    /// <summary>The vendor's own word for the state.</summary>
    public string? Word { get; init; }

    /// <summary>Counters of requests.</summary>
    public (long Total, long Succeeded, long Errored, long Cancelled, long Expired)? Counts { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Completed { get; init; }

    /// <summary>When it will expire.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }
}

/// <summary>One batch of <see cref="CustomProvider.List"/>.</summary>
public sealed record ListedBatch(string Id, string? Marker, BatchStatus Status);

/// <summary>Why a call of a <see cref="CustomProvider"/> failed.</summary>
public sealed class ProviderException : Exception
{
    /// <summary>Permanent, unless it is said otherwise.</summary>
    public ProviderException(string message, Exception? cause = null) : base(message, cause)
    {
    }

    /// <summary><see cref="ErrorCode.UnknownOutcome"/>: a submit got no clear answer, so that the batch may exist.</summary>
    public ErrorCode Code { get; init; } = ErrorCode.Provider;

    /// <summary>The same later may work. Of a submit: there is certainly no batch.</summary>
    public bool IsTransient { get; init; }

    /// <summary>The least time to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The vendor's own code.</summary>
    public string? VendorCode { get; init; }
}
