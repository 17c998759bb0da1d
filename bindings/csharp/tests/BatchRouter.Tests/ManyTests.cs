using Xunit;

namespace BatchRouter.Tests;

public class ManyTests
{
    [Fact]
    public async Task several_batches_run_refresh_and_cancel_together()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "40");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch one = Questions.Many(3), two = Questions.Many(4);
        Job[] jobs = router.SubmitMany([one, two]).Select(outcome => outcome.Job!).ToArray();
        Assert.Equal(2, jobs.Select(job => job.Id).Distinct().Count());
        foreach (Job job in jobs) await job.WaitSubmittedAsync();
        Assert.All(await router.RefreshAllAsync(jobs), outcome => Assert.Null(outcome.Error));
        Assert.All(await router.CancelAllAsync(jobs), outcome => Assert.True(outcome.Cancelled));
        await router.WaitAllAsync(jobs, TimeSpan.FromSeconds(60));
        Assert.All(jobs, job => Assert.True(job.IsDone));
        Assert.Equal(7, (await Questions.TakeAll(router.ResultsAsync())).Count);
        Assert.Equal(2, router.List().Count);
        Assert.Equal(2, (await router.ListRemoteAsync("openai")).Count);
    }

    [Fact]
    public async Task run_that_takes_too_long_gives_the_jobs()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "100000");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch one = Questions.Many(1), two = Questions.Many(1);
        TimeSpan limit = TimeSpan.FromMilliseconds(50);
        var failure = await Assert.ThrowsAsync<BatchRouterException>(() => router.RunAsync([one, two], limit));
        Assert.Equal((ErrorCode.Timeout, 2, 2), (failure.Code, failure.Jobs.Count, failure.Issues.Count));
        var blocking = Assert.Throws<BatchRouterException>(() => router.Run([one], limit));
        Assert.Equal((ErrorCode.Timeout, 1), (blocking.Code, blocking.Jobs.Count));
    }

    [Fact]
    public async Task removed_provider_takes_nothing_until_it_is_added()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "3");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        router.RemoveProvider("openai");
        Assert.False(router.HasProvider("openai"));
        Assert.DoesNotContain("openai", router.Providers);
        Assert.Throws<BatchRouterException>(() => router.Submit(batch));
        router.AddProvider("openai");
        Assert.Single(await Questions.TakeAll(router.Submit(batch).ResultsAsync()));
        Assert.StartsWith("{", router.StatsJson);
    }
}
