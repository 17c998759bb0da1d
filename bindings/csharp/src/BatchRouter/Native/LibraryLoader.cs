using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace BatchRouter.Native;

/// <summary>
/// Finds libbatchrouter: BATCHROUTER_LIBRARY, the program's directory, its runtimes/RID/native, the system's own search.
/// A library of another ABI is no match, and the search goes on.
/// </summary>
internal static unsafe class LibraryLoader
{
    /// <summary>BR_ABI_VERSION of the header that this assembly was made for.</summary>
    public const int AbiVersion = 0;
    public const string Variable = "BATCHROUTER_LIBRARY";
    private const string NeededVersion = "0.1";

    private static readonly object Gate = new();
    private static bool installed;
    private static nint loaded;

    public static void Install()
    {
        lock (Gate)
        {
            if (installed) return;
            NativeLibrary.SetDllImportResolver(typeof(LibraryLoader).Assembly, Resolve);
            installed = true;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != NativeMethods.Library) return 0;
        lock (Gate)
        {
            if (loaded == 0) loaded = Load(Candidates(Environment.GetEnvironmentVariable(Variable)));
            return loaded;
        }
    }

    internal static nint Load(IEnumerable<string> candidates)
    {
        var tried = new StringBuilder();
        foreach (string candidate in candidates)
        {
            nint library = 0;
            try
            {
                library = NativeLibrary.Load(candidate);
                string? refusal = WhyNot(library);
                if (refusal is null) return library;
                NativeLibrary.Free(library);
                tried.Append($"{Environment.NewLine}  {candidate}: {refusal}");
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                tried.Append($"{Environment.NewLine}  {candidate}: {e.Message.ReplaceLineEndings(" ")}");
            }
        }

        throw new DllNotFoundException(
            $"libbatchrouter >= {NeededVersion} with ABI {AbiVersion} was not found; tried:{tried}{Environment.NewLine}" +
            "install the NuGet package BatchRouter, which has it for linux-x64, or the library's own package " +
            $"(Debian: libbatchrouter0), or set {Variable} to the path of libbatchrouter.so.0");
    }

    private static string? WhyNot(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "br_abi_version", out nint abiFunction) ||
            !NativeLibrary.TryGetExport(library, "br_version", out nint versionFunction))
            return "is no libbatchrouter";
        int abi = ((delegate* unmanaged[Cdecl]<int>)abiFunction)();
        if (abi == AbiVersion) return null;
        string? version = Utf8.Read(((delegate* unmanaged[Cdecl]<byte*>)versionFunction)());
        return $"is version {version} with ABI {abi}, and ABI {AbiVersion} is needed";
    }

    /// <summary>A path that was set by hand is the only one: falling back in silence would hide a wrong one.</summary>
    internal static IEnumerable<string> Candidates(string? chosen)
    {
        if (!string.IsNullOrEmpty(chosen)) return [chosen];
        string directory = AppContext.BaseDirectory;
        return FileNames().SelectMany(file => new[]
        {
            Path.Combine(directory, file),
            Path.Combine(directory, "runtimes", PortableRid(), "native", file),
        }).Concat(FileNames());
    }

    private static string[] FileNames()
    {
        if (OperatingSystem.IsWindows()) return ["batchrouter.dll"];
        return OperatingSystem.IsMacOS() ? ["libbatchrouter.0.dylib"] : ["libbatchrouter.so.0"];
    }

    private static string PortableRid()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        if (system == "linux" && RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
            system = "linux-musl";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }
}
