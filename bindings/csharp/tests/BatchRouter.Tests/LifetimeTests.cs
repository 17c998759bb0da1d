using System.Runtime.CompilerServices;
using Xunit;

namespace BatchRouter.Tests;

public class LifetimeTests
{
    [Fact]
    public void thousand_routers_leave_no_thread_and_no_descriptor()
    {
        using var workspace = new Workspace();
        OpenAndClose(workspace, 20);
        (int threads, int descriptors) before = (Count("task"), Count("fd"));
        OpenAndClose(workspace, 1000);
        Collect();
        (int threads, int descriptors) after = (Count("task"), Count("fd"));
        Assert.InRange(after.threads, 0, before.threads + 4);
        Assert.InRange(after.descriptors, 0, before.descriptors + 4);
    }

    [Fact]
    public void forgotten_router_gives_its_directory_back()
    {
        using var workspace = new Workspace();
        Forget(workspace);
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            Collect();
            try
            {
                using var router = new Router(new RouterOptions { StateDirectory = workspace.State() });
                return;
            }
            catch (BatchRouterException e) when (e.Code == ErrorCode.Locked && DateTime.UtcNow < limit)
            {
                Thread.Yield();
            }
        }
    }

    [Fact]
    public async Task waits_end_with_closed_when_the_router_closes()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "100000");
        var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        Task wait = job.WaitAsync();
        Task results = Questions.TakeAll(job.ResultsAsync());
        await router.DisposeAsync();
        router.Dispose();
        Assert.Equal(ErrorCode.Closed, (await Assert.ThrowsAsync<BatchRouterException>(() => wait)).Code);
        Assert.Equal(ErrorCode.Closed, (await Assert.ThrowsAsync<BatchRouterException>(() => results)).Code);
    }

    [Fact]
    public void directory_in_use_is_an_error_with_advice()
    {
        using var workspace = new Workspace();
        using var options = new RouterOptions { StateDirectory = workspace.State() };
        using var router = new Router(options);
        var failure = Assert.Throws<BatchRouterException>(() => new Router(options));
        Assert.Equal(ErrorCode.Locked, failure.Code);
        Assert.Equal("BR_ELOCKED", failure.CodeName);
    }

    [Fact]
    public void submit_of_a_disposed_batch_keeps_nothing_alive()
    {
        using var workspace = new Workspace();
        using var router = new Router(new RouterOptions { StateDirectory = workspace.State() });
        WeakReference done = SubmitDisposed(router);
        Collect();
        Assert.False(done.IsAlive);
    }

    [Fact]
    public async Task closed_router_has_no_descriptor()
    {
        using var workspace = new Workspace();
        var router = new Router(new RouterOptions { StateDirectory = workspace.State() });
        Assert.True(router.Descriptor >= 0);
        await router.DisposeAsync();
        Assert.Equal(-1, router.Descriptor);
    }

    /// <summary>What the completion refers to, which should be garbage by now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference SubmitDisposed(Router router)
    {
        var target = new List<string>();
        Batch batch = Questions.Many(1);
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => router.Submit(batch, job => target.Add(job.Id)));
        return new WeakReference(target);
    }

    private static void OpenAndClose(Workspace workspace, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using var options = new RouterOptions { StateDirectory = workspace.State() };
            using var router = new Router(options);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(Workspace workspace) => _ = new Router(new RouterOptions { StateDirectory = workspace.State() });

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static int Count(string what) => Directory.GetFileSystemEntries($"/proc/self/{what}").Length;
}
