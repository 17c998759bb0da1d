using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace BatchRouter.Tests;

/// <summary>One case: what is done, and whether what is expected came of it.</summary>
internal sealed class ConformanceRun : IDisposable
{
    private readonly JsonNode chosen;
    private readonly JsonNode expect;
    private readonly Workspace workspace = new();
    private readonly Emulator emulator;
    private readonly Dictionary<string, string> settings = [];
    private readonly string provider;

    public ConformanceRun(JsonObject file, JsonNode chosen)
    {
        this.chosen = chosen;
        expect = chosen["expect"]!;
        provider = (string)(chosen["provider"] ?? file["provider"]!)!;
        foreach (JsonNode? layer in new[] { file["config"], chosen["config"] })
            foreach (var (key, value) in layer?.AsObject() ?? []) settings[key] = (string)value!;
        IEnumerable<string> arguments = Strings(chosen["emulator"] ?? file["emulator"]);
        emulator = new Emulator([.. arguments, .. Strings(chosen["faults"]).SelectMany(fault => new[] { "--fault", fault })]);
        settings["openai.base_url"] = emulator.BaseUrl;
    }

    private string Act => (string?)chosen["act"] ?? "";

    public void Dispose()
    {
        emulator.Dispose();
        workspace.Dispose();
    }

    public async Task Go()
    {
        RouterOptions? options = null;
        BatchRouterException? wrong = Failure(() => options = Options("state"));
        CheckStatus("config", wrong, "BR_OK");
        if (wrong is not null) return;
        if (Act == "kill") await KillChild();
        await using (var router = new Router(options))
            await WithRouter(router);
        if (Act == "reopen_without_ack") await TakeAgain(options!);
        if (expect["ledger"] is { } ledger) CheckLedger(ledger, await emulator.Ledger());
    }

    private async Task WithRouter(Router router)
    {
        Job? job = null;
        using Batch batch = NewBatch();
        BatchRouterException? refused = Failure(() => job = Act == "kill" ? router.List().Single() : router.Submit(batch));
        CheckStatus("submit", refused, "BR_OK");
        if (job is null) return;
        switch (Act)
        {
            case "cancel":
                await job.WaitSubmittedAsync();
                Assert.Equal((bool)expect["cancelled"]!, await job.CancelAsync());
                break;
            case "submit_again":
                using (Job again = router.Submit(batch))
                {
                    Assert.Equal((string)expect["again"]!, again.Continued ? "BR_EXISTS" : "BR_OK");
                    Assert.Equal(job.Id, again.Id);
                }

                break;
            case "retry":
                await job.WaitAsync();
                await Questions.TakeAll(job.ResultsAsync());
                job = await job.RetryAsync();
                break;
            case "attach":
                await job.WaitSubmittedAsync();
                await using (var elsewhere = new Router(Options("elsewhere")))
                    await Finish(elsewhere.Attach(provider, job.BatchIds[0]!));
                return;
        }

        await Finish(job);
    }

    private async Task Finish(Job job)
    {
        TimeSpan limit = Act == "wait_briefly" ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(60);
        BatchRouterException? failed = await FailureOf(job.WaitAsync(limit));
        CheckStatus("wait", failed, "BR_OK");
        CheckJob(job);
        if (failed is not null || !job.IsDone) return;
        List<BatchResult> results = await Questions.TakeAll(job.ResultsAsync(acknowledge: Act != "reopen_without_ack"));
        CheckResults(job, results);
    }

    private async Task TakeAgain(RouterOptions options)
    {
        await using var router = new Router(options);
        Job job = router.List().Single();
        List<BatchResult> results = await Questions.TakeAll(job.ResultsAsync(acknowledge: false));
        CheckResults(job, results);
        foreach (BatchResult result in results) result.Acknowledge();
        if (expect["redelivered"] is { } all) Assert.All(results, result => Assert.Equal((bool)all, result.Redelivered));
    }

    /// <summary>Another process submits, and dies once the vendor has made the batch.</summary>
    private async Task KillChild()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && host.EndsWith("dotnet") ? host : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "BatchRouter.Child.dll"), workspace.State(),
                .. settings.Select(setting => $"{setting.Key}={setting.Value}")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        foreach (string line in Lines()) child.StandardInput.WriteLine(line);
        child.StandardInput.Close();
        Assert.NotNull(await child.StandardOutput.ReadLineAsync());
        var limit = Stopwatch.StartNew();
        while ((await emulator.Ledger()).GetProperty("creates").GetInt32() == 0)
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(60), "the child's batch was never made");
            await Task.Delay(5);
        }

        child.Kill();
        await child.WaitForExitAsync();
    }

    private RouterOptions Options(string directory)
    {
        var options = new RouterOptions { StateDirectory = workspace.State(directory) };
        foreach (var (key, value) in settings) options.Set(key, value);
        return options;
    }

    private Batch NewBatch()
    {
        var batch = new Batch(provider);
        foreach (var (key, value) in chosen["batch"]?.AsObject() ?? []) batch.Set(key, (string)value!);
        foreach (string line in Lines()) batch.AddJsonl(line);
        return batch;
    }

    private IEnumerable<string> Lines()
    {
        foreach (string line in Strings(chosen["requests"])) yield return line;
        if (chosen["repeat"] is not { } repeat) yield break;
        for (int n = 0; n < (int)repeat["count"]!; n++) yield return ((string)repeat["line"]!).Replace("{n}", $"{n}");
    }

    private void CheckStatus(string call, BatchRouterException? failure, string usual)
    {
        string expected = (string?)expect[call] ?? usual;
        Assert.True(expected == (failure?.CodeName ?? "BR_OK"), $"{call}: {failure?.Message ?? "BR_OK"}, not {expected}");
        if (failure is null) return;
        if (expect["hint_has"] is { } hint) Assert.Contains((string)hint!, failure.Hint);
        if (expect["issues"] is { } issues) Assert.Equal((int)issues, failure.IssueTotal);
        if (expect["issue_has"] is { } issue) Assert.Contains((string)issue!, failure.Issues[0]);
    }

    private void CheckJob(Job job)
    {
        if (expect["done"] is { } done) Assert.Equal((bool)done, job.IsDone);
        if (expect["blocked"] is { } blocked) Assert.Equal((bool)blocked, job.IsBlocked);
        if (expect["state"] is { } state) Assert.Equal((string)state!, job.StateName);
        if (expect["attempt"] is { } attempt) Assert.Equal((int)attempt, job.Attempt);
        if (expect["job_error"] is { } error) Assert.Equal((string)error!, Status.NameOf((int)job.Error));
        JobCounts counts = job.Counts;
        foreach (var (name, value) in expect["counts"]?.AsObject() ?? [])
        {
            long actual = name switch
            {
                "total" => counts.Total,
                "succeeded" => counts.Succeeded,
                "errored" => counts.Errored,
                "cancelled" => counts.Cancelled,
                "expired" => counts.Expired,
                "processing" => counts.Processing,
                _ => throw new InvalidOperationException($"no counter {name}"),
            };
            Assert.True((long)value! == actual, $"{name} is {actual}, not {value}");
        }
    }

    private void CheckResults(Job job, List<BatchResult> results)
    {
        Assert.Equal(job.Counts.Total, results.Count);
        Dictionary<string, BatchResult> byId = results.ToDictionary(result => result.CustomId);
        foreach (var (id, wanted) in expect["results"]?.AsObject() ?? [])
        {
            BatchResult result = byId[id];
            if (wanted!["status"] is { } status) Assert.Equal((string)status!, result.Status.ToString().ToLowerInvariant());
            if (wanted["text_has"] is { } text) Assert.Contains((string)text!, result.Text);
            if (wanted["error_type"] is { } type) Assert.Equal((string)type!, result.ErrorType);
            if (wanted["http_status"] is { } http) Assert.Equal((int)http, result.HttpStatus);
            if (wanted["transient"] is { } transient) Assert.Equal((bool)transient, result.IsTransient);
        }

        foreach (var (type, count) in expect["error_types"]?.AsObject() ?? [])
            Assert.Equal((int)count!, results.Count(result => result.ErrorType == type));
    }

    private static void CheckLedger(JsonNode expected, JsonElement ledger)
    {
        foreach (var (field, value) in expected.AsObject())
            Assert.True((int)value! == ledger.GetProperty(field).GetInt32(), $"{field}: {ledger.GetProperty(field)}, not {value}");
    }

    private static IEnumerable<string> Strings(JsonNode? array) => (array?.AsArray() ?? []).Select(item => (string)item!);

    private static BatchRouterException? Failure(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (BatchRouterException e)
        {
            return e;
        }
    }

    private static async Task<BatchRouterException?> FailureOf(Task work)
    {
        try
        {
            await work;
            return null;
        }
        catch (BatchRouterException e)
        {
            return e;
        }
    }
}
