using BatchRouter.Native;

namespace BatchRouter;

/// <summary>
/// The vendor's HTTP answer to a captured call. Disposed of without <see cref="Delivered"/>, it goes to the next call that
/// asks the same.
/// </summary>
public sealed unsafe class Answer : IDisposable
{
    private readonly AnswerHandle handle;

    internal Answer(nint native)
    {
        handle = new AnswerHandle(native);
        Id = NativeMethods.br_answer_id(handle);
        HttpStatus = NativeMethods.br_answer_status(handle);
        BatchId = Utf8.Read(NativeMethods.br_answer_batch_id(handle));
        IsCached = NativeMethods.br_answer_is_cached(handle) != 0;
        var headers = new List<KeyValuePair<string, string>>();
        for (nuint i = 0; i < NativeMethods.br_answer_header_count(handle); i++)
        {
            headers.Add(new(Utf8.Read(NativeMethods.br_answer_header_name(handle, i)) ?? "",
                Utf8.Read(NativeMethods.br_answer_header_value(handle, i)) ?? ""));
        }

        Headers = headers;
        _ = NativeMethods.br_answer_body(handle, out nuint length);
        Length = checked((int)length);
    }

    /// <summary>That of its <see cref="CapturedCall"/>.</summary>
    public long Id { get; }

    /// <summary>The HTTP status.</summary>
    public int HttpStatus { get; }

    /// <summary>The headers, names in lower case.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The vendor's id of the batch that it came from; null if it came from none.</summary>
    public string? BatchId { get; }

    /// <summary>True for an earlier answer: nothing was paid for this one.</summary>
    public bool IsCached { get; }

    /// <summary>Bytes of the body.</summary>
    public int Length { get; }

    /// <summary>A copy of the body: of a stream that succeeded its events.</summary>
    public byte[] Body()
    {
        var body = new byte[Length];
        CopyBody(body, 0);
        return body;
    }

    /// <summary>
    /// What a stream goes on with whose status 200 is sent already: the events of the answer, or of the error that it became.
    /// Null for a call that asked for no stream.
    /// </summary>
    public byte[]? Events()
    {
        using NativeHandle.Holding held = handle.Hold();
        byte* text = NativeMethods.br_answer_events(handle, out nuint length);
        return text == null ? null : Utf8.Span(text, length).ToArray();
    }

    /// <summary>
    /// Its caller has it whole. From then on it only serves as an earlier answer, and an error is forgotten.
    /// </summary>
    public void Delivered() => Status.Check(NativeMethods.br_answer_delivered(handle, out nint err), err);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    internal int CopyBody(Span<byte> target, int from)
    {
        using NativeHandle.Holding held = handle.Hold();
        ReadOnlySpan<byte> rest = Utf8.Span(NativeMethods.br_answer_body(handle, out nuint length), length)[from..];
        int count = Math.Min(rest.Length, target.Length);
        rest[..count].CopyTo(target);
        return count;
    }
}

/// <summary>The body as it is read. Read to its end it is delivered; disposed of before, it is not.</summary>
internal sealed class AnswerStream(Answer answer) : Stream
{
    private int position;
    private bool delivered;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = answer.CopyBody(buffer, position);
        position += count;
        if (position == answer.Length && !delivered)
        {
            answer.Delivered();
            delivered = true;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) answer.Dispose();
        base.Dispose(disposing);
    }
}
