using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace BatchRouter.Native;

/// <summary>Text over the border: copied out at once, names with a NUL refused.</summary>
internal static unsafe class Utf8
{
    // Up to here a text is decoded once, into the stack, instead of being counted before; .NET does the same, for arrays only.
    private const int Short = 64;

    public static string? Read(byte* text) => text == null ? null : Read(Span(text));

    public static string? Read(byte* text, nuint length) => text == null ? null : Read(Span(text, length));

    [SkipLocalsInit]
    public static string Read(ReadOnlySpan<byte> text)
    {
        if (text.Length > Short) return Encoding.UTF8.GetString(text);
        char* chars = stackalloc char[Short];
        return new string(chars, 0, Encoding.UTF8.GetChars(text, new Span<char>(chars, Short)));
    }

    public static ReadOnlySpan<byte> Span(byte* text) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);

    public static ReadOnlySpan<byte> Span(byte* text, nuint length) => new(text, checked((int)length));

    /// <summary>The text itself; a name that holds a NUL would arrive shortened.</summary>
    public static string Name(string? value, [CallerArgumentExpression(nameof(value))] string parameter = "")
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("the name holds a NUL character", parameter);
        return Text(value, parameter);
    }

    /// <summary>The text itself; one with a surrogate that has no other half would arrive as another text.</summary>
    public static string Text(string value, [CallerArgumentExpression(nameof(value))] string parameter = "")
    {
        for (int at = value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0; )
        {
            if (at + 1 == value.Length || !char.IsSurrogatePair(value[at], value[at + 1]))
                throw new ArgumentException($"the text is not valid Unicode: half a surrogate pair at {at}", parameter);
            int more = value.AsSpan(at + 2).IndexOfAnyInRange('\uD800', '\uDFFF');
            at = more < 0 ? -1 : at + 2 + more;
        }

        return value;
    }

    public static string? NameOrNull(string? value, [CallerArgumentExpression(nameof(value))] string parameter = "") =>
        value is null ? null : Name(value, parameter);

    public static byte[] Bytes(string? value, [CallerArgumentExpression(nameof(value))] string parameter = "")
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        return Encoding.UTF8.GetBytes(Text(value, parameter));
    }

    /// <summary>What to pass for the start of empty data, where C wants an address.</summary>
    public static ReadOnlySpan<byte> Addressable(ReadOnlySpan<byte> data) => data.IsEmpty ? "\0"u8[..1] : data;

    public static JsonBytes Copy(byte* json, nuint length) =>
        new(json == null ? null : Span(json, length).ToArray());
}
