namespace BatchRouter;

public sealed partial class Capture
{
    /// <summary>Takes a call and waits for its answer; null as of <see cref="TakeAsync"/>.</summary>
    public async Task<Answer?> SendAsync(Exchange exchange, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CapturedCall? call = await TakeAsync(exchange).ConfigureAwait(false);
        return call is null ? null : await call.AnswerAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A call that was taken, and that somebody waits for.</summary>
public sealed class CapturedCall
{
    private readonly Capture capture;
    private readonly TaskCompletionSource<Answer> answer;

    internal CapturedCall(Capture capture, long id, TaskCompletionSource<Answer> answer)
    {
        this.capture = capture;
        Id = id;
        this.answer = answer;
    }

    /// <summary>Names it in this process.</summary>
    public long Id { get; }

    /// <summary>
    /// How it stands, as JSON: id, state, job_id, batch_id, since, expires_at; null when nobody waits for it.
    /// </summary>
    public string? Json => capture.CallJson(Id);

    /// <summary>The answer, which one caller gets. Cancelled before it is here, the call is left.</summary>
    public async Task<Answer> AnswerAsync(CancellationToken cancellationToken = default)
    {
        using (cancellationToken.Register(() =>
        {
            if (answer.TrySetCanceled(cancellationToken)) capture.Leave(Id);
        }))
            return await answer.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// Nobody waits for the call any more. It stays in its batch, and the next call that asks the same takes its place.
    /// </summary>
    public void Leave()
    {
        if (answer.TrySetCanceled()) capture.Leave(Id);
        else if (answer.Task.IsCompletedSuccessfully) answer.Task.Result.Dispose();
    }
}
