namespace BatchRouter;

/// <summary>
/// Copies bytes into memory of the collector, many into one piece, which lives as long as a span points into it and is not
/// written to again.
/// </summary>
internal sealed class SpanMemory
{
    private const int Piece = 32 << 10;

    private byte[] piece = [];
    private int used;

    public ReadOnlySpan<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return default;
        if (bytes.Length > Piece / 4) return bytes.ToArray();
        if (bytes.Length > piece.Length - used) (piece, used) = (GC.AllocateUninitializedArray<byte>(Piece), 0);
        Span<byte> copy = piece.AsSpan(used, bytes.Length);
        bytes.CopyTo(copy);
        used += bytes.Length;
        return copy;
    }
}
