using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace BatchRouter.Tests;

public class ResultTests
{
    [Fact]
    public async Task loop_that_is_left_loses_nothing()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(600);
        using Job job = router.Submit(batch);
        var finished = new HashSet<string>();
        for (int round = 0; round < 3; round++)
        {
            string? left = null;
            await foreach (BatchResult result in job.ResultsAsync())
            {
                if (left is not null) Assert.True(finished.Add(left));
                left = result.CustomId;
                if (finished.Count == 100 * (round + 1)) break;
            }
        }

        foreach (BatchResult result in await Questions.TakeAll(job.ResultsAsync())) Assert.True(finished.Add(result.CustomId));
        Assert.Equal(600, finished.Count);
        job.AcknowledgeAll();
        Assert.Equal(600, job.Update().Counts.Acknowledged);
    }

    [Fact]
    public async Task acknowledge_all_of_a_running_job_takes_nothing_that_nobody_saw()
    {
        using var workspace = new Workspace();
        // A job of two models are two batches, the second of which does not end.
        using var emulator = new Emulator("--polls", "1", "--fault", "batch stall nth=2");
        await using var router = new Router(emulator.Options(workspace.State()));
        using var batch = new Batch("openai");
        for (int i = 0; i < 10; i++) batch.Add($"id-{i}", i < 5 ? "gpt-4o-mini" : "gpt-4o", "?");
        using Job job = router.Submit(batch);
        foreach (int most in new[] { 2, 3 })
        {
            int seen = 0;
            await foreach (BatchResult _ in job.ResultsAsync(acknowledge: false))
                if (++seen == most) break;
            if (most == 2) Assert.Equal(ErrorCode.NotComplete, Assert.Throws<BatchRouterException>(job.AcknowledgeAll).Code);
        }

        job.AcknowledgeAll();
        Assert.Equal(5, job.Update().Counts.Acknowledged);
    }

    [Fact]
    public async Task attach_of_a_known_batch_gives_its_job()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        using Job attached = router.Attach("openai", job.BatchIds[0]!);
        Assert.Equal((true, job.Id), (attached.Continued, attached.Id));
    }

    [Fact]
    public async Task retry_and_attach_take_options()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1", "--fail-rate", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(2), once = new Batch().Set("finished", "refuse");
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        using Job retry = job.Retry(), same = job.Retry(once);
        Assert.Equal((false, true, retry.Id), (retry.Continued, same.Continued, same.Id));
        string output = Path.Combine(workspace.Directory, "out.jsonl");
        using Batch options = new Batch().Set("output", output);
        await using var elsewhere = new Router(emulator.Options(workspace.State("other")));
        using Job attached = elsewhere.Attach("openai", job.BatchIds[0]!, options);
        Assert.Equal((false, output), (attached.Continued, attached.Output));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_person_decides_what_is_in_doubt(bool adopt)
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1", "--fault", "POST /v1/batches reset_after_read nth=2");
        await using var other = new Router(emulator.Options(workspace.State("other")));
        using Batch batch = Questions.Many(2);
        using Job made = other.Submit(batch);
        await made.WaitAsync();
        using RouterOptions options = emulator.Options(workspace.State());
        options.Set("submit.on_unknown", "wait").Set("submit.settle_ms", "0");
        await using var router = new Router(options);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        Assert.Equal((true, Submission.PossiblySubmitted), (job.IsBlocked, job.Submission));
        Assert.Equal(ErrorCode.NotComplete, await FailureOf(() => job.RefetchAsync()));
        if (adopt) job.Adopt(0, made.BatchIds[0]!);
        else job.Abandon();
        List<BatchResult> results = await Questions.TakeAll(job.ResultsAsync());
        Assert.Equal(2, results.Count);
        Assert.All(results, result => Assert.Equal(adopt ? null : "abandoned", result.ErrorType));
        await job.WaitAsync();
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<BatchRouterException>(() => job.Adopt(0, "batch_other")).Code);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<BatchRouterException>(job.Abandon).Code);
        if (adopt) Assert.Equal(0, await job.RefetchAsync());
    }

    [Fact]
    public async Task cancelled_token_ends_waits_and_loses_nothing()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "30");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(300);
        using Job job = router.Submit(batch);
        var taken = new HashSet<string>();
        for (int round = 0; round < 40; round++)
        {
            using var stop = new CancellationTokenSource(round);
            try
            {
                await foreach (BatchResult result in job.ResultsAsync(stop.Token)) Assert.True(taken.Add(result.CustomId));
            }
            catch (OperationCanceledException)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.WaitAsync(cancellation: stop.Token));
            }
        }

        foreach (BatchResult result in await Questions.TakeAll(job.ResultsAsync())) Assert.True(taken.Add(result.CustomId));
        Assert.Equal(300, taken.Count);
    }

    [Fact]
    public async Task cancelled_token_frees_the_caller_of_a_slow_vendor()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1000", "--fault", "POST /v1/batches/*/cancel delay ms=3000 count=0");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        await job.WaitSubmittedAsync();
        using var stop = new CancellationTokenSource();
        Task<bool> cancel = job.CancelAsync(cancellation: stop.Token);
        Assert.False(cancel.IsCompleted);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancel);
    }

    [Fact]
    public async Task copies_and_views_say_the_same()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3", "--fail-rate", "0.3");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(50);
        using Job job = router.Submit(batch);
        Dictionary<string, BatchResult> copies = (await Questions.TakeAll(job.ResultsAsync())).ToDictionary(r => r.CustomId);
        Assert.Equal(50, CompareViews(job, copies));
        using var lines = new MemoryStream();
        Assert.Equal((50, copies.Values.Count(copy => copy.Status != ResultStatus.Succeeded)), job.WriteResults(lines));
        Assert.Equal(50, Encoding.UTF8.GetString(lines.ToArray()).Count(c => c == '\n'));
        using var failed = new MemoryStream();
        Assert.Equal(copies.Values.Count(copy => copy.Status != ResultStatus.Succeeded), job.WriteFailed(failed));
    }

    [Fact]
    public async Task borrowed_results_as_they_come_are_acknowledged_by_reading_on()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(300);
        using Job job = router.Submit(batch);
        Assert.Equal(300, TakeBorrowed(job));
        Assert.Null(router.NextResult(TimeSpan.Zero));
    }

    [Fact]
    public async Task next_result_takes_one()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(3);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        Assert.NotNull(router.NextResult());
        Assert.Equal(1, job.Update().Counts.Delivered);
        Assert.NotNull(router.NextResult(acknowledge: false));
        Assert.Equal(2, job.Update().Counts.Delivered);
    }

    [Fact]
    public async Task results_of_a_forgotten_reader_come_again()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(300);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        ReadOneAndForget(job);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(300, TakeBorrowed(job));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadOneAndForget(Job job) => Assert.True(job.TakeResults().Read());

    [Fact]
    public async Task wait_with_a_wrong_time_is_refused()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => job.WaitAsync(TimeSpan.FromSeconds(-1)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => router.WaitAllAsync([job], TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public async Task wait_that_is_over_says_timeout_whoever_is_woken()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "100000");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        using var stop = new CancellationTokenSource();
        Task waking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) router.Wakeup();
        });
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(ErrorCode.Timeout, await FailureOf(() => job.WaitAsync(TimeSpan.Zero)));
            Assert.Equal(ErrorCode.Timeout, await FailureOf(() => router.WaitAllAsync([job], TimeSpan.Zero)));
        }

        stop.Cancel();
        await waking;
    }

    private static async Task<ErrorCode> FailureOf(Func<Task> call) =>
        (await Assert.ThrowsAsync<BatchRouterException>(call)).Code;

    [Fact]
    public async Task stream_that_throws_stops_the_writing_and_is_heard()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(5);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        using var readOnly = new MemoryStream([], writable: false);
        Assert.Throws<NotSupportedException>(() => job.WriteResults(readOnly));
    }

    private static int CompareViews(Job job, Dictionary<string, BatchResult> copies)
    {
        int seen = 0;
        using ResultReader reader = job.ReadResults(ResultOrder.Input);
        foreach (ResultView view in reader)
        {
            BatchResult copy = copies[view.CustomIdString];
            Assert.Equal($"id-{seen++}", copy.CustomId);
            Assert.Equal(copy.Text ?? "", Encoding.UTF8.GetString(view.Text));
            Assert.Equal(copy.Status, view.Status);
            Assert.True(copy.Response.Utf8.Span.SequenceEqual(view.Response));
            Assert.Equal(copy.ErrorMessage, view.ToResult().ErrorMessage);
            Assert.Equal(copy.InputTokens ?? -1, view.InputTokens);
            Assert.Equal(job.Id, Encoding.UTF8.GetString(view.JobId));
        }

        return seen;
    }

    private static int TakeBorrowed(Job job)
    {
        int seen = 0;
        using ResultReader reader = job.TakeResults();
        while (reader.Read()) seen += reader.Current.CustomId.StartsWith("id-"u8) ? 1 : 0;
        Assert.True(reader.Ended);
        return seen;
    }
}
