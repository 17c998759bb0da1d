using Xunit;

namespace BatchRouter.Tests;

/// <summary>Several readers of the same results, and what one of them leaves behind.</summary>
public sealed class ReaderTests : IDisposable
{
    private readonly Workspace workspace = new();
    private readonly Emulator emulator = new("--polls", "1");
    private readonly Router router;

    public ReaderTests() => router = new Router(emulator.Options(workspace.State()));

    public void Dispose()
    {
        router.Dispose();
        emulator.Dispose();
        workspace.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task end_is_told_when_nothing_can_come_back(bool ofAny)
    {
        using Job job = await Done(256);
        IAsyncEnumerator<BatchResult> sitting = job.ResultsAsync().GetAsyncEnumerator();
        Assert.True(await sitting.MoveNextAsync());
        int seen = 0;
        Task other = Task.Run(async () =>
        {
            await foreach (BatchResult _ in ofAny ? router.ResultsAsync() : job.ResultsAsync()) Interlocked.Increment(ref seen);
        });
        while (Volatile.Read(ref seen) < 255) await Task.WhenAny(other, Task.Yield().AsTask());
        Assert.False(other.IsCompleted);
        await sitting.DisposeAsync(); // its one comes back
        await other.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(256, seen);
        Assert.Null(router.NextResult(TimeSpan.Zero));
        job.AcknowledgeAll();
    }

    [Fact]
    public async Task blocking_reader_waits_for_what_another_thread_sits_on()
    {
        using Job job = await Done(256);
        ResultReader sitting = job.TakeResults();
        Assert.True(sitting.Read());
        int seen = 0;
        var other = new Thread(() =>
        {
            using ResultReader reader = job.TakeResults();
            while (reader.Read()) Interlocked.Increment(ref seen);
        });
        other.Start();
        while (Volatile.Read(ref seen) < 255) Thread.Yield();
        sitting.Dispose();
        Assert.True(other.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal(256, seen);
    }

    [Fact]
    public async Task blocking_reader_does_not_wait_for_its_own_thread()
    {
        using Job job = await Done(20);
        int seen = 0;
        var both = new Thread(() =>
        {
            using ResultReader outer = job.TakeResults();
            Assert.True(outer.Read());
            using ResultReader inner = job.TakeResults();
            while (inner.Read()) seen++;
        });
        both.Start();
        Assert.True(both.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal(19, seen);
    }

    [Fact]
    public async Task acknowledge_all_of_a_job_that_is_done_takes_nothing_that_nobody_saw()
    {
        using Job job = await Done(20);
        using Job another = await Done(1);
        await foreach (BatchResult _ in job.ResultsAsync()) break;
        Assert.Equal(ErrorCode.NotComplete, Assert.Throws<BatchRouterException>(job.AcknowledgeAll).Code);
        another.AcknowledgeAll();
        Assert.Equal(20, (await Questions.TakeAll(job.ResultsAsync())).Count);
        job.AcknowledgeAll();
        Assert.Equal(20, job.Update().Counts.Acknowledged);
    }

    [Fact]
    public async Task readers_that_stop_lose_nothing()
    {
        using Job job = await Done(3000);
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Task.WhenAll(new[] { 3, 20, 37, 300 }.Select(most => Task.Run(async () =>
        {
            for (int taken = most; taken == most; )
            {
                taken = 0;
                await foreach (BatchResult result in job.ResultsAsync(acknowledge: false))
                {
                    seen.Add(result.CustomId);
                    if (++taken == most) break;
                }
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(3000, seen.Count);
        Assert.Equal(3000, seen.Distinct().Count());
    }

    [Fact]
    public async Task disposed_reader_reads_no_more_and_keeps_nothing()
    {
        using Job job = await Done(20);
        ResultReader reader = job.TakeResults();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Read());
        Assert.Throws<ObjectDisposedException>(() => reader.Current.Status);
        Assert.Equal(20, (await Questions.TakeAll(job.ResultsAsync())).Count);
        ResultReader stored = job.ReadResults();
        stored.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stored.Read());
    }

    private async Task<Job> Done(int count)
    {
        using Batch batch = Questions.Many(count);
        Job job = router.Submit(batch);
        await job.WaitAsync();
        return job;
    }
}

internal static class Yielding
{
    public static async Task AsTask(this System.Runtime.CompilerServices.YieldAwaitable yielding) => await yielding;
}
