// A program compiled ahead of time, with every kind of call that crosses the border: a whole job, callbacks that throw,
// results without copies, and a provider written in C#. Arguments: state directory, then KEY=VALUE. The last line is "ok".
using System.Runtime.CompilerServices;
using System.Text;
using BatchRouter;

if (RuntimeFeature.IsDynamicCodeSupported) throw new InvalidOperationException("this is not compiled ahead of time");
int events = 0, reported = 0;
var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
ProviderRegistry.Register("echo", new Echo(), """{"title":"Echo"}""");
using var options = RouterOptions.FromSettings(args.Skip(1));
options.StateDirectory = args[0];
options.Event = _ => events++;
options.LogLevel = LogLevel.Debug;
options.Log = (_, _) => throw new InvalidOperationException("log");
options.CallbackFailed = _ => Interlocked.Increment(ref reported);

await using (var router = new Router(options))
{
    using Job job = router.Submit(Questions("openai", "gpt-4o-mini"), ended => done.SetResult(ended.Id));
    int answers = 0;
    await foreach (BatchResult result in job.ResultsAsync())
        answers += result.Text is not null && result.CustomId.StartsWith('r') ? 1 : 0;
    Expect(answers == 300, $"{answers} answers of openai");
    Expect(await done.Task.WaitAsync(TimeSpan.FromSeconds(60)) == job.Id, "another job was told");

    using Job echoed = router.Submit(Questions("echo", "echo-1"));
    await echoed.WaitAsync();
    int echoes = CountEchoes(echoed);
    Expect(echoes == 300, $"{echoes} echoes");
    BatchRouterException refused = Throws(() => router.Submit(new Batch("echo").Add("a", "echo-1", "refuse me")));
    Expect(refused.Issues.Count == 1 && refused.Issues[0].Contains("not this one"), refused.Message);
}

Expect(events > 0 && reported > 0, $"{events} events, {reported} failures");
Console.WriteLine("ok");
return 0;

static Batch Questions(string provider, string model)
{
    var batch = new Batch(provider);
    for (int i = 0; i < 300; i++) batch.Add($"r{i}", model, $"Question {i}");
    return batch;
}

static int CountEchoes(Job job)
{
    int count = 0;
    using ResultReader results = job.ReadResults();
    foreach (ResultView view in results) count += view.Text.SequenceEqual("echo"u8) ? 1 : 0;
    return count;
}

static BatchRouterException Throws(Action act)
{
    try
    {
        act();
    }
    catch (BatchRouterException e)
    {
        return e;
    }

    throw new InvalidOperationException("nothing was thrown");
}

static void Expect(bool holds, string otherwise)
{
    if (!holds) throw new InvalidOperationException(otherwise);
}

internal sealed class Echo : CustomProvider
{
    private string requests = "";

    protected override string Prepare(string line) =>
        line.Contains("refuse me", StringComparison.Ordinal) ? throw new ProviderException("not this one") : line;

    protected override string Submit(SubmitBatch batch)
    {
        requests = batch.RequestsPath;
        return "id-" + batch.Marker;
    }

    protected override BatchStatus Poll(string batchId) => new(JobState.Completed) { Completed = DateTimeOffset.UtcNow };

    protected override void Fetch(string batchId, Stream rows)
    {
        foreach (string line in File.ReadLines(requests))
            rows.Write(Encoding.UTF8.GetBytes($$"""{"custom_id":"{{line.Split('"')[3]}}","text":"echo"}""" + "\n"));
    }
}
