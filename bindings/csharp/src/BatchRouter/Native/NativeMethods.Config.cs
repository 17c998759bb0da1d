using System.Runtime.InteropServices;

namespace BatchRouter.Native;

/// <summary>Configuration, requests, batches, and what is done with them offline.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial ConfigHandle br_config_new();

    [LibraryImport(Library)]
    public static partial void br_config_free(nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_config_set(ConfigHandle config, string key, string value, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* br_config_get(ConfigHandle config, string key);

    [LibraryImport(Library)]
    public static partial nuint br_config_property_count();

    [LibraryImport(Library)]
    public static partial byte* br_config_property_name(nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_config_property_default(nuint index);

    [LibraryImport(Library)]
    public static partial byte* br_config_property_doc(nuint index);

    [LibraryImport(Library)]
    public static partial int br_config_set_log(ConfigHandle config, int level,
        delegate* unmanaged[Cdecl]<nint, int, byte*, void> fn, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out nint err);

    [LibraryImport(Library)]
    public static partial byte* br_event_name(int kind);

    [LibraryImport(Library)]
    public static partial int br_config_set_event(ConfigHandle config,
        delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, void> fn, nint userData,
        delegate* unmanaged[Cdecl]<nint, void> destroy, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial RequestHandle br_request_new(string customId, string model);

    [LibraryImport(Library)]
    public static partial int br_request_from_json(byte* json, nuint length, out RequestHandle request, out nint err);

    [LibraryImport(Library)]
    public static partial void br_request_free(nint request);

    [LibraryImport(Library)]
    public static partial int br_request_set_system(RequestHandle request, byte* text, nuint length, out nint err);

    [LibraryImport(Library)]
    public static partial int br_request_add_system(RequestHandle request, byte* text, nuint length, out nint err);

    [LibraryImport(Library)]
    public static partial int br_request_add_message(RequestHandle request, int role, out nint err);

    [LibraryImport(Library)]
    public static partial int br_request_add_text(RequestHandle request, byte* text, nuint length, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_request_add_image(RequestHandle request, int source, string? mediaType, byte* data,
        nuint length, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_request_add_document(RequestHandle request, int source, string? mediaType, byte* data,
        nuint length, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_request_add_audio(RequestHandle request, int source, string? mediaType, byte* data,
        nuint length, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_request_set_generation(RequestHandle request, string name, byte* json, nuint length,
        out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_request_set_field(RequestHandle request, string name, byte* json, nuint length,
        out nint err);

    [LibraryImport(Library)]
    public static partial byte* br_request_json(RequestHandle request, out nuint length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial BatchHandle br_batch_new(string? provider);

    [LibraryImport(Library)]
    public static partial void br_batch_free(nint batch);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_batch_set_name(BatchHandle batch, string name, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_batch_set_meta(BatchHandle batch, string key, string value, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_batch_set(BatchHandle batch, string key, string value, out nint err);

    [LibraryImport(Library)]
    public static partial int br_batch_add(BatchHandle batch, RequestHandle request, out nint err);

    [LibraryImport(Library)]
    public static partial int br_batch_add_jsonl(BatchHandle batch, byte* data, nuint length, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_batch_add_jsonl_file(BatchHandle batch, string path, out nint err);

    [LibraryImport(Library)]
    public static partial int br_validate(ConfigHandle config, BatchHandle batch, out nint err);

    [LibraryImport(Library)]
    public static partial int br_convert(ConfigHandle config, BatchHandle batch,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> write, nint userData, out nint err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int br_decode_file(ConfigHandle config, string provider, string path,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> write, nint userData, out long rows, out long failed,
        out nint err);

    [LibraryImport(Library)]
    public static partial int br_plan_new(ConfigHandle config, BatchHandle batch, out PlanHandle plan, out nint err);

    [LibraryImport(Library)]
    public static partial void br_plan_free(nint plan);

    [LibraryImport(Library)]
    public static partial long br_plan_batches(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial long br_plan_requests(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial long br_plan_bytes(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial long br_plan_input_tokens(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial long br_plan_output_tokens_max(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial double br_plan_sync_usd(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial double br_plan_batch_usd(PlanHandle plan);

    [LibraryImport(Library)]
    public static partial byte* br_plan_json(PlanHandle plan, out nuint length);
}
