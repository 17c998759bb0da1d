using BatchRouter.Native;

namespace BatchRouter;

/// <summary>The native library: its version, its providers, and what it does without a router.</summary>
public static unsafe class BatchRouterLibrary
{
    /// <summary>The version of the library that runs, such as "0.1.0".</summary>
    public static string Version => Utf8.Read(NativeMethods.br_version()) ?? "";

    /// <summary>The generation of its binary interface.</summary>
    public static int AbiVersion => NativeMethods.br_abi_version();

    /// <summary>How it was built, as JSON.</summary>
    public static string BuildInfo => Utf8.Read(NativeMethods.br_build_info()) ?? "";

    /// <summary>The providers it was built with.</summary>
    public static IReadOnlyList<string> Providers
    {
        get
        {
            var names = new string[(int)NativeMethods.br_provider_count()];
            for (int i = 0; i < names.Length; i++)
                names[i] = Utf8.Read(NativeMethods.br_provider_name((nuint)i)) ?? "";
            return names;
        }
    }

    /// <summary>Capabilities and limits of a provider as JSON; null for an unknown name.</summary>
    public static string? ProviderJson(string name) => Utf8.Read(NativeMethods.br_provider_json(Utf8.Name(name)));

    /// <summary>
    /// Reads native result lines of a provider from a file, writes unified results. Offline. Returns the number of rows,
    /// and of those that did not succeed.
    /// </summary>
    public static (long Rows, long Failed) Decode(string provider, string path, Stream destination,
        RouterOptions? options = null)
    {
        long rows = 0, failed = 0;
        RouterOptions.With(options, config => Writer.Run(destination, (write, data) =>
        {
            int status = NativeMethods.br_decode_file(config, Utf8.Name(provider), Utf8.Name(path), write.Function, data,
                out rows, out failed, out nint err);
            return (status, err);
        }));
        return (rows, failed);
    }
}
