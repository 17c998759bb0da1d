using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>br_provider_vtbl: the one struct of the interface.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProviderTable
{
    public nuint Size;
    public byte* Name;
    public byte* Capabilities;
    public delegate* unmanaged[Cdecl]<nint, byte*, int> SupportsModel;
    public delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, int> Prepare;
    public delegate* unmanaged[Cdecl]<nint, nint, int> Submit;
    public delegate* unmanaged[Cdecl]<nint, nint, int> Poll;
    public delegate* unmanaged[Cdecl]<nint, nint, int> Fetch;
    public delegate* unmanaged[Cdecl]<nint, nint, int> Cancel;
    public delegate* unmanaged[Cdecl]<nint, nint, int> List;
    public delegate* unmanaged[Cdecl]<nint, void> Close;
}

internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial int br_registry_register(ProviderTable* table, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_registry_unregister(string name, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* br_registry_get(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_registry_is_registered(string name);

    [LibraryImport(Library)]
    public static partial nuint br_registry_count();

    [LibraryImport(Library)]
    public static partial byte* br_registry_name(nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_call_batch_id(nint call);

    [LibraryImport(Library)]
    public static partial byte* br_call_requests_path(nint call);

    [LibraryImport(Library)]
    public static partial long br_call_rows(nint call);

    [LibraryImport(Library)]
    public static partial byte* br_call_model(nint call);

    [LibraryImport(Library)]
    public static partial byte* br_call_marker(nint call);

    [LibraryImport(Library)]
    public static partial long br_call_limit(nint call);

    [LibraryImport(Library)]
    public static partial nuint br_call_meta_count(nint call);

    [LibraryImport(Library)]
    public static partial byte* br_call_meta_key(nint call, nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_call_meta_value(nint call, nuint index);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_call_set_batch_id(nint call, string? batchId);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_call_set_state(nint call, int state, string? word);

    [LibraryImport(Library)]
    public static partial int br_call_set_counts(nint call, long total, long succeeded, long errored, long cancelled,
        long expired);

    [LibraryImport(Library)]
    public static partial int br_call_set_time(nint call, int which, long timeMs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_call_set_message(nint call, string? message);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_call_add_batch(nint call, string? batchId, string? marker);

    [LibraryImport(Library)]
    public static partial int br_call_write(nint call, byte* data, nuint length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_call_fail(nint call, int status, int transient, long retryAfterMs, string? vendorCode,
        string? message);
}
