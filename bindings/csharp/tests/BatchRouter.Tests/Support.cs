using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace BatchRouter.Tests;

internal static class Paths
{
    public static string Source { get; } = typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "SourceRoot").Value!;

    public static string Program { get; } = Environment.GetEnvironmentVariable("BATCHROUTER_PROGRAM")
        ?? throw new InvalidOperationException("BATCHROUTER_PROGRAM must name the program batchrouter; use test.sh");
}

/// <summary>A new directory that is gone at the end.</summary>
internal sealed class Workspace : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("batchrouter-cs-").FullName;

    public string State(string name = "state") => Path.Combine(Directory, name);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}

/// <summary>`batchrouter emulate` as a child process.</summary>
internal sealed class Emulator : IDisposable
{
    private readonly Process process;
    private readonly HttpClient http = new();
    private readonly string root;

    public Emulator(params string[] arguments)
    {
        var start = new ProcessStartInfo(Paths.Program, ["emulate", "--json", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        process = Process.Start(start)!;
        string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("no emulator");
        using JsonDocument said = JsonDocument.Parse(line);
        root = $"http://127.0.0.1:{said.RootElement.GetProperty("port").GetInt32()}";
        BaseUrl = said.RootElement.GetProperty("base_urls").GetProperty("openai").GetString()!;
    }

    public string BaseUrl { get; }

    public async Task<JsonElement> Ledger()
    {
        using JsonDocument ledger = JsonDocument.Parse(await http.GetStringAsync($"{root}/__emulator/ledger"));
        return ledger.RootElement.Clone();
    }

    public RouterOptions Options(string stateDirectory) => new()
    {
        StateDirectory = stateDirectory,
        ["openai.base_url"] = BaseUrl,
        ["openai.api_key"] = "test-key",
        PollInterval = TimeSpan.FromMilliseconds(10),
        MaxPollInterval = TimeSpan.FromMilliseconds(20),
        ["retry.base_ms"] = "1",
    };

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        http.Dispose();
    }
}

internal static class Questions
{
    public static Batch Many(int count)
    {
        var batch = new Batch("openai");
        for (int i = 0; i < count; i++) batch.Add($"id-{i}", "gpt-4o-mini", $"Question {i}");
        return batch;
    }

    public static async Task<List<BatchResult>> TakeAll(IAsyncEnumerable<BatchResult> results)
    {
        var all = new List<BatchResult>();
        await foreach (BatchResult result in results) all.Add(result);
        return all;
    }
}
