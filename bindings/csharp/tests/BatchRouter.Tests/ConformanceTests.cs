using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace BatchRouter.Tests;

/// <summary>bindings/conformance/cases.json, each case a test.</summary>
public class ConformanceTests
{
    private static readonly JsonObject File = JsonNode.Parse(System.IO.File.ReadAllText(
        Path.Combine(Paths.Source, "bindings/conformance/cases.json")))!.AsObject();

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (JsonNode? item in File["cases"]!.AsArray()) names.Add((string)item!["name"]!);
        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case(string name)
    {
        JsonNode chosen = File["cases"]!.AsArray().Single(item => (string)item!["name"]! == name)!;
        using var run = new ConformanceRun(File, chosen);
        await run.Go();
    }
}
