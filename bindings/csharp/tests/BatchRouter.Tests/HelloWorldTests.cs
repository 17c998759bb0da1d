using System.Diagnostics;
using Xunit;

namespace BatchRouter.Tests;

/// <summary>The shortest example, run as the program that it is.</summary>
public class HelloWorldTests
{
    [Fact]
    public void hello_prints_the_answer_and_has_at_most_eight_lines()
    {
        using var emulator = new Emulator("--polls", "2");
        (int status, string text) = Run(emulator);
        Assert.True(status == 0 && text.Contains("answer to capital "), text);
        string[] lines = File.ReadAllLines(Path.Combine(Paths.Source, "bindings/csharp/examples/HelloWorld/Program.cs"));
        Assert.True(lines.Count(line => line.Length > 0) <= 8, $"{lines.Length} lines");
        string readme = File.ReadAllText(Path.Combine(Paths.Source, "bindings/csharp/README.md"));
        Assert.Contains(string.Join("\n", lines), readme);
    }

    [Fact]
    public void hello_with_a_refused_key_fails_and_says_so()
    {
        using var emulator = new Emulator("--key", "another");
        (int status, string text) = Run(emulator);
        Assert.NotEqual(0, status);
        Assert.Contains("key", text, StringComparison.OrdinalIgnoreCase);
    }

    private static (int Status, string Text) Run(Emulator emulator)
    {
        using var workspace = new Workspace();
        var start = new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "HelloWorld.dll"), $"openai.base_url={emulator.BaseUrl}",
                "openai.api_key=key", "poll.interval_ms=10", $"state_dir={workspace.State()}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process hello = Process.Start(start)!;
        Task<string> errors = hello.StandardError.ReadToEndAsync();
        string output = hello.StandardOutput.ReadToEnd();
        hello.WaitForExit();
        return (hello.ExitCode, output + errors.Result);
    }
}
