using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using BatchRouter.Native;

namespace BatchRouter;

/// <summary>All providers of the process: those that are built in, and those of one's own.</summary>
public static unsafe class ProviderRegistry
{
    /// <summary>The names, those that are built in first.</summary>
    public static IReadOnlyList<string> Names
    {
        get
        {
            var names = new List<string>();
            for (nuint i = 0; i < NativeMethods.br_registry_count(); i++)
            {
                if (Utf8.Read(NativeMethods.br_registry_name(i)) is { } name) names.Add(name);
            }

            return names;
        }
    }

    /// <summary>Whether there is a provider of that name.</summary>
    public static bool IsRegistered(string name) => NativeMethods.br_registry_is_registered(Utf8.Name(name)) != 0;

    /// <summary>Capabilities and limits as JSON; null for an unknown name.</summary>
    public static string? Json(string name) => Utf8.Read(NativeMethods.br_registry_get(Utf8.Name(name)));

    /// <summary>
    /// Makes a provider known; before the router is opened, so that unfinished jobs find it.
    /// <paramref name="capabilities"/> is a JSON object, see docs/adding-a-provider.md.
    /// </summary>
    public static void Register(string name, CustomProvider provider, string? capabilities = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        byte[] nameBytes = Encoding.UTF8.GetBytes(Utf8.Name(name) + '\0');
        byte[]? abilities = capabilities is null ? null : Encoding.UTF8.GetBytes(Utf8.Name(capabilities) + '\0');
        fixed (byte* first = nameBytes, second = abilities)
        {
            var table = new ProviderTable
            {
                Size = (nuint)sizeof(ProviderTable),
                Name = first,
                Capabilities = second,
                SupportsModel = &OnSupportsModel,
                Prepare = &OnPrepare,
                Submit = &OnSubmit,
                Poll = &OnPoll,
                Fetch = &OnFetch,
                Cancel = &OnCancel,
                List = &OnList,
            };
            nint err = 0;
            ProviderTable* copied = &table;
            Status.Check(Callbacks.Give(provider, self =>
                NativeMethods.br_registry_register(copied, self, &Callbacks.Destroy, out err)), err);
        }
    }

    /// <summary>Takes no new requests for it any more. Jobs under way keep it alive until they are done.</summary>
    public static void Unregister(string name) =>
        Status.Check(NativeMethods.br_registry_unregister(Utf8.Name(name), out nint err), err);

    // ---- the border: nothing is thrown through C ----

    private static int Answer(nint userData, nint call, ErrorCode otherwise, Action<CustomProvider> work)
    {
        try
        {
            Poller.RunsForeignCode();
            work((CustomProvider)GCHandle.FromIntPtr(userData).Target!);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return Fail(call, otherwise, e);
        }
    }

    private static int Fail(nint call, ErrorCode otherwise, Exception failure)
    {
        try
        {
            if (failure is not ProviderException e)
                return NativeMethods.br_call_fail(call, (int)otherwise, 0, -1, null, Describe(failure));
            long retry = e.RetryAfter is { } time ? (long)time.TotalMilliseconds : -1;
            return NativeMethods.br_call_fail(call, (int)e.Code, e.IsTransient ? 1 : 0, retry, e.VendorCode, e.Message);
        }
        catch (Exception)
        {
            return (int)otherwise;
        }
    }

    /// <summary>What an exception says. Its message is code of the program, and may throw in its turn.</summary>
    private static string Describe(Exception failure)
    {
        string name = failure.GetType().Name;
        try
        {
            return $"{name}: {failure.Message}";
        }
        catch (Exception)
        {
            return $"{name}, whose message could not be had";
        }
    }

    private static void Tell(nint call, BatchStatus status)
    {
        if (status.State is { } state) _ = NativeMethods.br_call_set_state(call, (int)state, status.Word);
        if (status.Counts is var (total, succeeded, errored, cancelled, expired))
            _ = NativeMethods.br_call_set_counts(call, total, succeeded, errored, cancelled, expired);
        DateTimeOffset?[] times = [status.Created, null, status.Completed, status.Expires]; // by BR_TIME_...
        for (int which = 0; which < times.Length; which++)
        {
            if (times[which] is { } time) _ = NativeMethods.br_call_set_time(call, which, time.ToUnixTimeMilliseconds());
        }

        if (status.Message is not null) _ = NativeMethods.br_call_set_message(call, status.Message);
    }

    private static void Write(nint call, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = Utf8.Addressable(bytes))
        {
            int status = NativeMethods.br_call_write(call, first, (nuint)bytes.Length);
            if (status != Status.Ok)
                throw new ProviderException("the library cannot keep the rows") { Code = (ErrorCode)status };
        }
    }

    private static string BatchId(nint call) => Utf8.Read(NativeMethods.br_call_batch_id(call)) ?? "";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSupportsModel(nint userData, byte* model)
    {
        try
        {
            var provider = (CustomProvider)GCHandle.FromIntPtr(userData).Target!;
            return provider.SupportsModel(Utf8.Read(model) ?? "") ? 1 : 0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnPrepare(nint userData, nint call, byte* line, nuint length) =>
        Answer(userData, call, ErrorCode.InvalidInput, provider =>
            Write(call, Utf8.Bytes(provider.Prepare(Utf8.Read(line, length) ?? ""))));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSubmit(nint userData, nint call) =>
        Answer(userData, call, ErrorCode.UnknownOutcome, provider =>
        {
            var meta = new Dictionary<string, string>();
            for (nuint i = 0; i < NativeMethods.br_call_meta_count(call); i++)
            {
                meta[Utf8.Read(NativeMethods.br_call_meta_key(call, i)) ?? ""] =
                    Utf8.Read(NativeMethods.br_call_meta_value(call, i)) ?? "";
            }

            string id = provider.Submit(new SubmitBatch(Utf8.Read(NativeMethods.br_call_requests_path(call)) ?? "",
                NativeMethods.br_call_rows(call), Utf8.Read(NativeMethods.br_call_model(call)) ?? "",
                Utf8.Read(NativeMethods.br_call_marker(call)) ?? "", meta));
            // An id that is refused is none, and then the batch is looked for by its marker.
            _ = NativeMethods.br_call_set_batch_id(call, id);
        });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnPoll(nint userData, nint call) =>
        Answer(userData, call, ErrorCode.Provider, provider => Tell(call, provider.Poll(BatchId(call))));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnFetch(nint userData, nint call) =>
        Answer(userData, call, ErrorCode.Provider, provider =>
        {
            var rows = new RowStream(call);
            try
            {
                var buffered = new BufferedStream(rows, 64 << 10);
                provider.Fetch(BatchId(call), buffered);
                buffered.Dispose(); // not after an exception, which would be replaced if the rest could not be written
            }
            finally
            {
                rows.End();
            }
        });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCancel(nint userData, nint call) =>
        Answer(userData, call, ErrorCode.Provider, provider => Tell(call, provider.Cancel(BatchId(call))));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnList(nint userData, nint call) =>
        Answer(userData, call, ErrorCode.Provider, provider =>
        {
            string? marker = Utf8.Read(NativeMethods.br_call_marker(call));
            foreach (ListedBatch batch in provider.List(marker, (int)NativeMethods.br_call_limit(call)))
            {
                if (NativeMethods.br_call_add_batch(call, batch.Id, batch.Marker) == Status.Ok) Tell(call, batch.Status);
            }
        });

    /// <summary>What a provider writes rows to, as long as its function has not returned.</summary>
    private sealed class RowStream(nint call) : Stream
    {
        private readonly object writing = new();
        private bool ended;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (writing)
            {
                ObjectDisposedException.ThrowIf(ended, this);
                ProviderRegistry.Write(call, buffer);
            }
        }

        /// <summary>Waits for a thread that writes at this moment; another one that comes later gets an exception.</summary>
        public void End()
        {
            lock (writing) ended = true;
        }
    }
}
