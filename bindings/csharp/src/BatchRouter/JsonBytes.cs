using System.Text;
using System.Text.Json;

namespace BatchRouter;

/// <summary>A JSON value as the vendor wrote it, in UTF-8; or none.</summary>
public readonly struct JsonBytes(byte[]? utf8)
{
    /// <summary>Its bytes; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Utf8 => utf8;

    /// <summary>True if there is no value.</summary>
    public bool IsNone => utf8 is null;

    /// <summary>Parses it; the caller disposes the document.</summary>
    public JsonDocument Parse() => JsonDocument.Parse(Utf8);

    /// <summary>Its text; empty if there is none.</summary>
    public override string ToString() => utf8 is null ? "" : Encoding.UTF8.GetString(utf8);
}
