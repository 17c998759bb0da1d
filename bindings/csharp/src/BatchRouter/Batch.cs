using BatchRouter.Native;

namespace BatchRouter;

/// <summary>Many requests, being built. Submitting copies it. One thread at a time.</summary>
public sealed unsafe class Batch : IDisposable
{
    private readonly BatchHandle handle;

    /// <summary>provider: where requests go that name none themselves; null if all of them do.</summary>
    public Batch(string? provider = null)
    {
        handle = NativeMethods.br_batch_new(Utf8.NameOrNull(provider));
        if (handle.IsInvalid) throw BatchRouterException.OutOfMemory();
    }

    internal BatchHandle Handle => handle;

    /// <summary>A name for the audit files.</summary>
    public Batch SetName(string name)
    {
        Status.Check(NativeMethods.br_batch_set_name(handle, Utf8.Name(name), out nint err), err);
        return this;
    }

    /// <summary>Metadata kept with the job and sent to vendors that take it: at most 12 pairs.</summary>
    public Batch SetMeta(string key, string value)
    {
        Status.Check(NativeMethods.br_batch_set_meta(handle, Utf8.Name(key), Utf8.Name(value), out nint err), err);
        return this;
    }

    /// <summary>
    /// An option of this batch in place of the router's; besides, "output", a path remembered with the job, and
    /// "continue", "1" to go on with an unfinished job of the same requests.
    /// </summary>
    public Batch Set(string key, string value)
    {
        Status.Check(NativeMethods.br_batch_set(handle, Utf8.Name(key), Utf8.Name(value), out nint err), err);
        return this;
    }

    /// <summary>Adds a copy of the request.</summary>
    public Batch Add(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Status.Check(NativeMethods.br_batch_add(handle, request.Handle, out nint err), err);
        return this;
    }

    /// <summary>Adds a question of one text, with an optional system prompt.</summary>
    public Batch Add(string customId, string model, string prompt, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(customId);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompt);
        if ((long)customId.Length + model.Length + prompt.Length + (system?.Length ?? 0) <= Question.Most)
        {
            Question.AddTo(handle, customId, model, prompt, system);
            return this;
        }

        using var request = new Request(customId, model);
        if (system is not null) request.SetSystem(system);
        return Add(request.User(prompt));
    }

    /// <summary>Adds one or many lines in the unified format.</summary>
    public Batch AddJsonl(string lines) => AddJsonl(Utf8.Bytes(lines));

    /// <inheritdoc cref="AddJsonl(string)"/>
    public Batch AddJsonl(ReadOnlySpan<byte> utf8)
    {
        fixed (byte* data = Utf8.Addressable(utf8))
            Status.Check(NativeMethods.br_batch_add_jsonl(handle, data, (nuint)utf8.Length, out nint err), err);
        return this;
    }

    /// <summary>Adds a file of lines in the unified format. It is opened now and read when the batch is submitted.</summary>
    public Batch AddJsonlFile(string path)
    {
        Status.Check(NativeMethods.br_batch_add_jsonl_file(handle, Utf8.Name(path), out nint err), err);
        return this;
    }

    /// <summary>Checks every request as submitting would, without network and without leaving anything behind.</summary>
    public void Validate(RouterOptions? options = null)
    {
        RouterOptions.With(options, config =>
            Status.Check(NativeMethods.br_validate(config, handle, out nint err), err));
    }

    /// <summary>Writes the vendor's native request lines. Offline.</summary>
    public void Convert(Stream destination, RouterOptions? options = null)
    {
        RouterOptions.With(options, config => Writer.Run(destination, (write, data) =>
        {
            int status = NativeMethods.br_convert(config, handle, write.Function, data, out nint err);
            return (status, err);
        }));
    }

    /// <summary>What the batch would bring to the vendors and cost. Offline.</summary>
    public Plan Plan(RouterOptions? options = null)
    {
        Plan? plan = null;
        RouterOptions.With(options, config =>
        {
            Status.Check(NativeMethods.br_plan_new(config, handle, out PlanHandle made, out nint err), err);
            using (made) plan = new Plan(made);
        });
        return plan!;
    }

    /// <summary>Frees it. The finalizer does the same, later.</summary>
    public void Dispose() => handle.Dispose();
}
