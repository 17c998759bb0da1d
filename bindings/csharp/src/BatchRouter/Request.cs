using System.Globalization;
using System.Text;
using System.Text.Json;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>One question, being built. It is copied into a batch and can be used again. One thread at a time.</summary>
public sealed unsafe class Request : IDisposable
{
    private readonly RequestHandle handle;

    /// <summary>customId: unique in the batch. model: passed to the vendor as it is. Checked when submitted.</summary>
    public Request(string customId, string model)
    {
        handle = NativeMethods.br_request_new(Utf8.Name(customId), Utf8.Name(model));
        if (handle.IsInvalid) throw BatchRouterException.OutOfMemory();
    }

    private Request(RequestHandle made) => handle = made;

    internal RequestHandle Handle => handle;

    /// <summary>Reads one request in the unified format.</summary>
    public static Request FromJson(string json) => FromJson(Utf8.Bytes(json));

    /// <inheritdoc cref="FromJson(string)"/>
    public static Request FromJson(ReadOnlySpan<byte> utf8)
    {
        fixed (byte* data = Utf8.Addressable(utf8))
        {
            int status = NativeMethods.br_request_from_json(data, (nuint)utf8.Length, out RequestHandle made, out nint err);
            Status.Check(status, err);
            return new Request(made);
        }
    }

    /// <summary>Replaces the system prompt.</summary>
    public Request SetSystem(string text) => With(text, &Calls.SetSystem);

    /// <summary>Makes the system prompt a list and appends to it.</summary>
    public Request AddSystem(string text) => With(text, &Calls.AddSystem);

    /// <summary>Begins a message; what is added next belongs to it.</summary>
    public Request AddMessage(Role role)
    {
        Status.Check(NativeMethods.br_request_add_message(handle, (int)role, out nint err), err);
        return this;
    }

    /// <summary>Adds text to the newest message.</summary>
    public Request AddText(string text) => With(text, &Calls.AddText);

    /// <summary>A message of the user, of one text.</summary>
    public Request User(string text) => AddMessage(Role.User).AddText(text);

    /// <summary>A message of the model, of one text.</summary>
    public Request Assistant(string text) => AddMessage(Role.Assistant).AddText(text);

    /// <summary>Adds an image to the newest message; without a media type it is image/jpeg.</summary>
    public Request AddImage(Source source, string data, string? mediaType = null)
    {
        byte[] bytes = Utf8.Bytes(data);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(NativeMethods.br_request_add_image(handle, (int)source, Utf8.NameOrNull(mediaType), p,
                (nuint)bytes.Length, out nint err), err);
        return this;
    }

    /// <summary>Adds a document to the newest message; without a media type it is application/pdf.</summary>
    public Request AddDocument(Source source, string data, string? mediaType = null)
    {
        byte[] bytes = Utf8.Bytes(data);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(NativeMethods.br_request_add_document(handle, (int)source, Utf8.NameOrNull(mediaType), p,
                (nuint)bytes.Length, out nint err), err);
        return this;
    }

    /// <summary>Adds a recording to the newest message; without a media type it is audio/wav.</summary>
    public Request AddAudio(Source source, string data, string? mediaType = null)
    {
        byte[] bytes = Utf8.Bytes(data);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(NativeMethods.br_request_add_audio(handle, (int)source, Utf8.NameOrNull(mediaType), p,
                (nuint)bytes.Length, out nint err), err);
        return this;
    }

    /// <summary>The most tokens of the answer.</summary>
    public Request MaxTokens(int value) => SetGeneration("max_tokens", value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The temperature.</summary>
    public Request Temperature(double value) => SetGeneration("temperature", Number(value));

    /// <summary>The probability mass that is sampled from.</summary>
    public Request TopP(double value) => SetGeneration("top_p", Number(value));

    /// <summary>The number of tokens that are sampled from.</summary>
    public Request TopK(int value) => SetGeneration("top_k", value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Texts that end the answer.</summary>
    public Request StopSequences(params string[] values) =>
        SetGeneration("stop_sequences", $"[{string.Join(',', values.Select(v => $"\"{JsonEncodedText.Encode(Utf8.Text(v))}\""))}]");

    /// <summary>One field of generation_config as a JSON value.</summary>
    public Request SetGeneration(string name, string json)
    {
        byte[] bytes = Utf8.Bytes(json);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(NativeMethods.br_request_set_generation(handle, Utf8.Name(name), p, (nuint)bytes.Length,
                out nint err), err);
        return this;
    }

    /// <summary>
    /// Any other top-level field as a JSON value: provider, endpoint, tools, tool_choice, response_format, reasoning,
    /// seed, provider_kwargs, body, input.
    /// </summary>
    public Request SetField(string name, string json)
    {
        byte[] bytes = Utf8.Bytes(json);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(NativeMethods.br_request_set_field(handle, Utf8.Name(name), p, (nuint)bytes.Length,
                out nint err), err);
        return this;
    }

    /// <summary>The request as one line of the unified format.</summary>
    public string ToJson()
    {
        using NativeHandle.Holding held = handle.Hold();
        byte* json = NativeMethods.br_request_json(handle, out nuint length);
        return Utf8.Read(json, length) ?? throw BatchRouterException.OutOfMemory();
    }

    /// <inheritdoc/>
    public override string ToString() => handle.IsClosed ? nameof(Request) : ToJson();

    /// <summary>Frees it. The finalizer does the same, later.</summary>
    public void Dispose() => handle.Dispose();

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private Request With(string text, delegate*<RequestHandle, byte*, nuint, out nint, int> call)
    {
        byte[] bytes = Utf8.Bytes(text);
        fixed (byte* p = Utf8.Addressable(bytes))
            Status.Check(call(handle, p, (nuint)bytes.Length, out nint err), err);
        return this;
    }

    private static class Calls
    {
        public static int SetSystem(RequestHandle request, byte* text, nuint length, out nint err) =>
            NativeMethods.br_request_set_system(request, text, length, out err);

        public static int AddSystem(RequestHandle request, byte* text, nuint length, out nint err) =>
            NativeMethods.br_request_add_system(request, text, length, out err);

        public static int AddText(RequestHandle request, byte* text, nuint length, out nint err) =>
            NativeMethods.br_request_add_text(request, text, length, out err);
    }
}
