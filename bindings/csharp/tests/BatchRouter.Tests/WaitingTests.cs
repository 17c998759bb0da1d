using Xunit;

namespace BatchRouter.Tests;

/// <summary>What wakes those who wait, when nothing else happens that would.</summary>
public sealed class WaitingTests : IDisposable
{
    private readonly Workspace workspace = new();
    // A job of two models are two batches, the second of which does not end.
    private readonly Emulator emulator = new("--polls", "1", "--fault", "batch stall nth=2");

    public void Dispose()
    {
        emulator.Dispose();
        workspace.Dispose();
    }

    [Fact]
    public async Task result_that_is_given_back_wakes_a_loop()
    {
        await using Router router = Quiet();
        using Job job = Unfinished(router);
        for (int round = 0; round < 20; round++)
        {
            ResultReader having = await All(job);
            await using IAsyncEnumerator<BatchResult> loop = job.ResultsAsync().GetAsyncEnumerator();
            ValueTask<bool> next = loop.MoveNextAsync();
            Assert.False(next.IsCompleted);
            having.Dispose();
            Assert.True(await next.AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        }
    }

    [Fact]
    public async Task result_that_is_given_back_wakes_a_blocking_reader()
    {
        await using Router router = Quiet();
        using Job job = Unfinished(router);
        ResultReader having = await All(job);
        bool found = false;
        var reading = new Thread(() =>
        {
            using ResultReader reader = router.TakeResults();
            found = reader.Read();
        });
        reading.Start();
        having.Dispose();
        Assert.True(reading.Join(TimeSpan.FromSeconds(60)));
        Assert.True(found);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task results_come_while_a_callback_waits_for_them(bool inside)
    {
        using var ended = new Emulator("--polls", "1");
        await using var router = new Router(ended.Options(workspace.State()));
        using Batch batch = Questions.Many(3), another = Questions.Many(4);
        var seen = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using Job job = router.Submit(batch, _ =>
        {
            using Job second = router.Submit(another);
            try
            {
                seen.SetResult(inside ? Count(second) : Task.Run(async () =>
                {
                    await second.WaitAsync();
                    return (await Questions.TakeAll(second.ResultsAsync())).Count;
                }).GetAwaiter().GetResult());
            }
            catch (BatchRouterException e)
            {
                seen.SetException(e);
            }
        });
        Assert.Equal(4, await seen.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>A reader that is at the only result not consumed.</summary>
    private static async Task<ResultReader> All(Job job)
    {
        ResultReader reader = job.TakeResults(TimeSpan.Zero);
        while (!reader.Read()) await Task.Yield();
        return reader;
    }

    private static int Count(Job job)
    {
        int seen = 0;
        using ResultReader reader = job.TakeResults();
        while (reader.Read()) seen++;
        return seen;
    }

    private Router Quiet()
    {
        using RouterOptions options = emulator.Options(workspace.State());
        options.MaxPollInterval = TimeSpan.FromHours(1);
        return new Router(options);
    }

    private static Job Unfinished(Router router)
    {
        using Batch batch = new Batch("openai").Add("a", "gpt-4o-mini", "?").Add("b", "gpt-4o", "?");
        return router.Submit(batch);
    }
}
