using System.Text;
using Xunit;

namespace BatchRouter.Tests;

public class ProviderTests
{
    /// <summary>Keeps its batches in memory. The first look always throws.</summary>
    private sealed class Echo(bool throwing) : CustomProvider
    {
        public readonly Dictionary<string, string> Paths = [];
        private int polls;

        protected internal override bool SupportsModel(string model) => model == "echo-1";

        protected internal override string Prepare(string line) =>
            line.Contains("refuse me", StringComparison.Ordinal) ? throw new ProviderException("messages: no") : line;

        protected internal override string Submit(SubmitBatch batch)
        {
            Paths[batch.Marker] = batch.RequestsPath;
            if (throwing) throw new InvalidOperationException("after the batch was made");
            return "id-" + batch.Marker;
        }

        protected internal override BatchStatus Poll(string batchId)
        {
            if (polls++ == 0) throw new InvalidOperationException("the first look");
            return new BatchStatus(JobState.Completed) { Completed = DateTimeOffset.UtcNow };
        }

        protected internal override void Fetch(string batchId, Stream rows)
        {
            foreach (string line in File.ReadLines(Paths[batchId["id-".Length..]]))
            {
                string id = line.Split('"')[3];
                rows.Write(Encoding.UTF8.GetBytes($"{{\"custom_id\":\"{id}\",\"text\":\"echo of {id}\"}}\n"));
            }
        }

        protected internal override IEnumerable<ListedBatch> List(string? marker, int limit) =>
            Paths.Keys.Select(known => new ListedBatch("id-" + known, known, new BatchStatus(JobState.InProgress)));
    }

    /// <summary>Closes the router in the middle of a submit.</summary>
    private sealed class Closer : CustomProvider
    {
        public Router? Router;
        public BatchRouterException? Refusal;

        protected internal override string Prepare(string line)
        {
            Refusal = Assert.Throws<BatchRouterException>(Router!.Dispose);
            return line;
        }

        protected internal override string Submit(SubmitBatch batch) => "id-" + batch.Marker;

        protected internal override BatchStatus Poll(string batchId) => new(JobState.InProgress);

        protected internal override void Fetch(string batchId, Stream rows)
        {
        }
    }

    [Fact]
    public void dispose_in_prepare_is_refused_and_works_later()
    {
        using var workspace = new Workspace();
        var provider = new Closer();
        ProviderRegistry.Register("closer", provider);
        using var options = new RouterOptions { StateDirectory = workspace.State() };
        using (var router = new Router(options))
        {
            provider.Router = router;
            using Batch batch = new Batch("closer").Add("a", "m", "?");
            using Job job = router.Submit(batch);
            Assert.Equal(ErrorCode.InvalidArgument, provider.Refusal?.Code);
            Assert.Equal(1, job.Update().Counts.Total);
        }

        using var again = new Router(options); // the directory is free
        ProviderRegistry.Unregister("closer");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task whole_batch_runs_on_a_provider_in_csharp(bool throwing)
    {
        using var workspace = new Workspace();
        var provider = new Echo(throwing);
        ProviderRegistry.Register("echo", provider, """{"title":"Echo"}""");
        Assert.True(ProviderRegistry.IsRegistered("echo"));
        Assert.Contains("echo", ProviderRegistry.Names);
        Assert.Contains("Echo", ProviderRegistry.Json("echo"));
        var taken = Assert.Throws<BatchRouterException>(() => ProviderRegistry.Register("echo", provider));
        Assert.Equal(ErrorCode.AlreadyExists, taken.Code);

        using var options = new RouterOptions
        {
            StateDirectory = workspace.State(),
            PollInterval = TimeSpan.FromMilliseconds(1),
        };
        await using (var router = new Router(options))
        {
            using Batch wrongModel = BatchOf("echo-2", "x");
            Assert.Throws<BatchRouterException>(() => router.Submit(wrongModel));
            using Batch refused = BatchOf("echo-1", "refuse me");
            Assert.Throws<BatchRouterException>(() => router.Submit(refused));
            using Batch batch = BatchOf("echo-1", "x");
            using Job job = router.Submit(batch);
            int answers = 0;
            await foreach (BatchResult result in job.ResultsAsync())
            {
                Assert.Equal("echo of " + result.CustomId, result.Text);
                answers++;
            }

            Assert.Equal(100, answers);
        }

        ProviderRegistry.Unregister("echo");
        Assert.False(ProviderRegistry.IsRegistered("echo"));
        Assert.Single(provider.Paths);
    }

    private static Batch BatchOf(string model, string question)
    {
        var batch = new Batch("echo");
        for (int i = 0; i < 100; i++) batch.Add($"r{i}", model, question);
        return batch;
    }
}
