using Xunit;

namespace BatchRouter.Tests;

public class CallbackTests
{
    [Fact]
    public async Task exceptions_in_callbacks_are_reported_and_harm_nothing()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        int reported = 0;
        using RouterOptions options = emulator.Options(workspace.State());
        options.Event = _ => throw new InvalidOperationException("event");
        options.Log = (_, _) => throw new InvalidOperationException("log");
        options.LogLevel = LogLevel.Debug;
        options.CallbackFailed = failure =>
        {
            Assert.IsType<InvalidOperationException>(failure);
            Interlocked.Increment(ref reported);
            throw new InvalidOperationException("and the reporter too");
        };
        await using var router = new Router(options);
        using Batch batch = Questions.Many(20);
        using Job job = router.Submit(batch, _ => throw new InvalidOperationException("done"));
        Assert.Equal(20, (await Questions.TakeAll(job.ResultsAsync())).Count);
        Assert.True(reported > 3);
    }

    [Fact]
    public async Task callbacks_survive_a_busy_garbage_collector()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "5");
        using var stop = new CancellationTokenSource();
        Task collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();
            }
        });
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        int events = 0, logs = 0;
        await using (Router router = Open(emulator, workspace, () => events++, () => logs++))
        {
            using Batch batch = Questions.Many(300);
            using Job job = router.Submit(batch, ended => done.SetResult(ended.Id));
            Assert.Equal(300, (await Questions.TakeAll(job.ResultsAsync())).Count);
            Assert.Equal(job.Id, await done.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        }

        stop.Cancel();
        await collecting;
        Assert.True(events > 5);
        Assert.True(logs > 0);
    }

    [Fact]
    public async Task closing_inside_a_callback_is_allowed()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(3);
        using Job job = router.Submit(batch, _ =>
        {
            router.Dispose();
            closed.SetResult();
        });
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(ErrorCode.Closed, Assert.Throws<BatchRouterException>(() => job.Update()).Code);
    }

    [Fact]
    public async Task options_whose_log_was_taken_away_log_no_more()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        int logs = 0;
        using RouterOptions options = emulator.Options(workspace.State());
        (options.Log, options.LogLevel) = ((_, _) => Interlocked.Increment(ref logs), LogLevel.Debug);
        await Run(options);
        Assert.True(logs > 0);
        (options.Log, logs) = (null, 0);
        await Run(options);
        Assert.Equal(0, logs);
    }

    private static async Task Run(RouterOptions options)
    {
        await using var router = new Router(options);
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
    }

    /// <summary>The options and their delegates are garbage when this returns.</summary>
    private static Router Open(Emulator emulator, Workspace workspace, Action happened, Action logged)
    {
        RouterOptions options = emulator.Options(workspace.State());
        options.LogLevel = LogLevel.Debug;
        options.Event = _ => happened();
        options.Log = (_, _) => logged();
        return new Router(options);
    }
}
