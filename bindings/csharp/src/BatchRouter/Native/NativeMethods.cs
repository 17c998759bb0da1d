using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>
/// include/batchrouter.h, one declaration for each function and under its name. Errors come as plain pointers, because
/// every call site consumes them at once (see <see cref="Status.Check"/>); so do results, which come in blocks.
/// </summary>
internal static unsafe partial class NativeMethods
{
    public const string Library = "batchrouter";

    static NativeMethods() => LibraryLoader.Install();

    [LibraryImport(Library)]
    public static partial byte* br_status_name(int status);

    [LibraryImport(Library)]
    public static partial byte* br_version();

    [LibraryImport(Library)]
    public static partial int br_abi_version();

    [LibraryImport(Library)]
    public static partial byte* br_build_info();

    [LibraryImport(Library)]
    public static partial void br_error_free(nint error);

    [LibraryImport(Library)]
    public static partial int br_error_code(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_message(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_hint(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_provider(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_vendor_code(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_request_id(nint error);

    [LibraryImport(Library)]
    public static partial int br_error_http_status(nint error);

    [LibraryImport(Library)]
    public static partial int br_error_is_transient(nint error);

    [LibraryImport(Library)]
    public static partial long br_error_retry_after_ms(nint error);

    [LibraryImport(Library)]
    public static partial nuint br_error_issue_count(nint error);

    [LibraryImport(Library)]
    public static partial nuint br_error_issue_total(nint error);

    [LibraryImport(Library)]
    public static partial byte* br_error_issue(nint error, nuint index);

    [LibraryImport(Library)]
    public static partial nuint br_provider_count();

    [LibraryImport(Library)]
    public static partial byte* br_provider_name(nuint index);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* br_provider_json(string name);
}
