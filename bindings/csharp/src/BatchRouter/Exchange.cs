using BatchRouter.Native;

namespace BatchRouter;

/// <summary>An HTTP call as it would have gone to the vendor, for a <see cref="Capture"/>. One thread at a time.</summary>
public sealed class Exchange : IDisposable
{
    /// <summary>Method, such as POST, and the absolute address, which tells the provider.</summary>
    public Exchange(string method, string url)
    {
        Handle = NativeMethods.br_exchange_new(Utf8.Name(method), Utf8.Name(url));
        if (Handle.IsInvalid) throw BatchRouterException.OutOfMemory();
    }

    internal ExchangeHandle Handle { get; }

    /// <summary>One header more, the caller's key among them.</summary>
    public Exchange AddHeader(string name, string value)
    {
        Status.Check(NativeMethods.br_exchange_add_header(Handle, Utf8.Name(name), Utf8.Name(value), out nint err), err);
        return this;
    }

    /// <summary>Replaces the body.</summary>
    public Exchange SetBody(ReadOnlySpan<byte> body)
    {
        int status = NativeMethods.br_exchange_set_body(Handle, Utf8.Addressable(body), (nuint)body.Length, out nint err);
        Status.Check(status, err);
        return this;
    }

    /// <summary>
    /// "provider", instead of what the address tells, such as "openai@team"; "cache": hit, once or off; "repeated": 1 for a
    /// client that asks again; "credential": configured for the configured key instead of the one in the headers.
    /// </summary>
    public Exchange Set(string option, string value)
    {
        Status.Check(NativeMethods.br_exchange_set(Handle, Utf8.Name(option), Utf8.Name(value), out nint err), err);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
