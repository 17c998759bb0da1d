using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>What a request of one text takes, on bare handles: nothing is converted on the way.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint br_request_new(byte* customId, byte* model);

    [LibraryImport(Library)]
    public static partial int br_request_set_system(nint request, byte* text, nuint length, nint* err);

    [LibraryImport(Library)]
    public static partial int br_request_add_message(nint request, int role, nint* err);

    [LibraryImport(Library)]
    public static partial int br_request_add_text(nint request, byte* text, nuint length, nint* err);

    [LibraryImport(Library)]
    public static partial int br_batch_add(nint batch, nint request, nint* err);
}
