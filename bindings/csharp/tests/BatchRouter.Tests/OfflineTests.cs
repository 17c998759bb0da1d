using System.Text;
using Xunit;

namespace BatchRouter.Tests;

public class OfflineTests
{
    [Fact]
    public void request_builder_writes_the_unified_format()
    {
        using var request = new Request("r1", "gpt-4o-mini");
        request.SetSystem("Be brief.").AddSystem("Be kind.").AddMessage(Role.User).AddText("Was ist das? 🙂")
            .AddImage(Source.Url, "https://example.com/a.png", "image/png").AddDocument(Source.Base64, "QQ==")
            .AddAudio(Source.Base64, "QQ==").Assistant("A cat.").User("").MaxTokens(64).Temperature(0.5).TopP(0.9).TopK(4)
            .StopSequences("END", "\"").SetField("seed", "7");
        string json = request.ToJson();
        foreach (string part in new[] { "\"Be kind.\"", "image/png", "application/pdf", "audio/wav", "\"max_tokens\":64",
            "\"temperature\":0.5", "\"seed\":7", "🙂", "\"role\":\"assistant\"" }) Assert.Contains(part, json);
        using Request again = Request.FromJson(json);
        Assert.Equal(json, again.ToJson());
    }

    [Theory]
    [InlineData("Hi", null)]
    [InlineData("", "")]
    [InlineData("Was ist das? 🙂", "Sei kurz.\0")]
    [InlineData("long", null, 2_000)]
    [InlineData("longer", "Be brief.", 300_000)]
    public void question_is_the_request_of_one_text(string prompt, string? system, int times = 1)
    {
        prompt = string.Concat(Enumerable.Repeat(prompt, times));
        using var request = new Request("r1", "gpt-4o-mini");
        if (system is not null) request.SetSystem(system);
        using Batch built = new Batch("openai").Add(request.User(prompt));
        using Batch asked = new Batch("openai").Add("r1", "gpt-4o-mini", prompt, system);
        Assert.Equal(Converted(built), Converted(asked));
        using var closed = new Batch("openai");
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.Add("r1", "m", prompt));
    }

    private static string Converted(Batch batch)
    {
        using var lines = new MemoryStream();
        batch.Convert(lines);
        return Encoding.UTF8.GetString(lines.ToArray());
    }

    [Fact]
    public void wrong_input_names_every_line()
    {
        using Batch batch = new Batch("openai").AddJsonl("{\"custom_id\":1}\n{}\n");
        var failure = Assert.Throws<BatchRouterException>(() => batch.Validate());
        Assert.Equal(ErrorCode.InvalidInput, failure.Code);
        Assert.Equal(2, failure.IssueTotal);
        Assert.Equal(2, failure.Issues.Count);
    }

    [Fact]
    public void conversion_and_plan_are_offline()
    {
        using Batch batch = Questions.Many(3);
        batch.SetName("a").SetMeta("k", "v");
        using var lines = new MemoryStream();
        batch.Convert(lines);
        Assert.Equal(3, Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Plan plan = batch.Plan();
        Assert.Equal((1, 3), (plan.Batches, plan.Requests));
        Assert.True(plan.BatchUsd < plan.SyncUsd);
    }

    [Fact]
    public void native_result_lines_are_decoded()
    {
        using var workspace = new Workspace();
        string path = Path.Combine(workspace.Directory, "out.jsonl");
        File.WriteAllText(path, "{\"id\":\"x\",\"custom_id\":\"r1\",\"response\":{\"status_code\":200,\"request_id\":\"q\",\"body\":" +
            "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Paris\"}}]}},\"error\":null}\n");
        using var lines = new MemoryStream();
        Assert.Equal((1, 0), BatchRouterLibrary.Decode("openai", path, lines));
        Assert.Contains("\"text\":\"Paris\"", Encoding.UTF8.GetString(lines.ToArray()));
    }

    [Fact]
    public void names_with_a_nul_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Request("a\0b", "m"));
        Assert.Throws<ArgumentException>(() => new Batch("open\0ai"));
        using var batch = new Batch("openai");
        Assert.Throws<ArgumentException>("customId", () => batch.Add("a\0b", "m", "Hi"));
        Assert.Throws<ArgumentNullException>("prompt", () => batch.Add("a", "m", null!));
        using var options = new RouterOptions();
        Assert.Throws<ArgumentException>(() => options.Set("state_dir", "a\0"));
    }

    [Fact]
    public void settings_and_providers_are_the_librarys()
    {
        Assert.Contains(RouterOptions.Settings, setting => setting.Name == "state_dir" && setting.Default == ".batch_router");
        Assert.Contains("openai", BatchRouterLibrary.Providers);
        Assert.NotNull(BatchRouterLibrary.ProviderJson("openai"));
        Assert.Null(BatchRouterLibrary.ProviderJson("nowhere"));
        using var options = new RouterOptions { PollInterval = TimeSpan.FromSeconds(5), Split = true, MaxCostUsd = 1.5m };
        Assert.Equal(("5000", "auto", "1.5"), (options["poll.interval_ms"], options["split"], options["max_cost_usd"]));
        Assert.Equal(TimeSpan.FromMinutes(5), options.MaxPollInterval);
        Assert.Null(options.Provider("openai", apiKey: "secret")["openai.api_key"]);
    }
}
