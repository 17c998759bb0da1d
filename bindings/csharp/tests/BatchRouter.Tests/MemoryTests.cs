using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace BatchRouter.Tests;

/// <summary>Safe code sees the text, or an exception; never freed memory.</summary>
public class MemoryTests
{
    private const string Odd = "half a pair \ud83d";

    [Fact]
    public void texts_of_a_job_read_beside_dispose_are_right_or_refused()
    {
        using var workspace = new Workspace();
        using var options = new RouterOptions { StateDirectory = workspace.State(), ["openai.base_url"] = "http://127.0.0.1:9/v1" };
        options.Provider("openai", "key");
        using var router = new Router(options);
        using Batch batch = Questions.Many(1);
        using Job first = router.Submit(batch);
        string want = first.BaseUrl!;
        Beside(() => router.OpenJob(first.Id), job =>
        {
            Assert.Equal(want, job.BaseUrl);
            Assert.Equal("openai", job.Provider);
            Assert.StartsWith("{\"id\":", job.Json);
            Assert.Single(job.BatchIds);
        });
    }

    [Fact]
    public void texts_of_requests_and_options_read_beside_dispose_are_right_or_refused()
    {
        string text = new('x', 500);
        Beside(() => new Request("a", "m").User(text), request => Assert.Contains(text, request.ToJson()));
        Beside(() => new RouterOptions { ["openai.organization"] = text },
            options => Assert.Equal(text, options["openai.organization"]));
    }

    [Fact]
    public async Task view_is_refused_when_its_reader_has_gone_on()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Job job = await Done(router, 2);
        UseLate(job.ReadResults());
        UseLate(job.TakeResults());
    }

    [Fact]
    public async Task view_and_its_spans_outlive_a_forgotten_reader()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Job job = await Done(router, 300);
        for (int round = 0; round < 20; round++) UseForgotten(job);
    }

    [Fact]
    public async Task view_read_beside_dispose_is_right_or_refused()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Job job = await Done(router, 300);
        Beside(() => job.ReadResults(), reader =>
        {
            try
            {
                if (reader.Read()) Assert.StartsWith("id-", reader.Current.CustomIdString);
            }
            catch (InvalidOperationException e) when (e is not ObjectDisposedException)
            {
                Assert.Fail("only one thread reads");
            }
        }, rounds: 300, reads: 200);
    }

    private sealed class Late : CustomProvider
    {
        public Task? Writing;

        protected internal override string Submit(SubmitBatch batch) => "id";

        protected internal override BatchStatus Poll(string batchId) => new(JobState.Completed);

        protected internal override void Fetch(string batchId, Stream rows)
        {
            using var begun = new ManualResetEventSlim();
            Writing = Task.Run(() =>
            {
                begun.Set();
                while (true) rows.Write(new byte[70_000]);
            });
            begun.Wait();
        }
    }

    [Fact]
    public async Task thread_that_writes_when_fetch_has_returned_gets_an_exception()
    {
        using var workspace = new Workspace();
        for (int round = 0; round < 20; round++)
        {
            var provider = new Late();
            ProviderRegistry.Register("late", provider);
            using var options = new RouterOptions { StateDirectory = workspace.State($"{round}"), PollInterval = TimeSpan.FromMilliseconds(1) };
            await using (var router = new Router(options))
            {
                using Batch batch = new Batch("late").Add("a", "m", "?");
                using Job job = router.Submit(batch);
                await Task.WhenAny(job.WaitAsync(), Task.Delay(TimeSpan.FromSeconds(60)));
            }

            ProviderRegistry.Unregister("late");
            await Assert.ThrowsAsync<ObjectDisposedException>(() => provider.Writing!);
        }
    }

    private sealed class Silent : Exception
    {
        public override string Message => throw new InvalidOperationException("no message");
    }

    private sealed class Thrower : CustomProvider
    {
        protected internal override bool SupportsModel(string model) => model != "m" ? throw new Silent() : true;

        protected internal override string Prepare(string line) =>
            line.Contains("refuse", StringComparison.Ordinal) ? throw new Silent() : line;

        protected internal override string Submit(SubmitBatch batch) => throw new Silent();

        protected internal override BatchStatus Poll(string batchId) => throw new Silent();

        protected internal override void Fetch(string batchId, Stream rows) => throw new Silent();

        protected internal override IEnumerable<ListedBatch> List(string? marker, int limit) => throw new Silent();
    }

    [Fact]
    public async Task exception_whose_message_throws_fails_its_call_alone()
    {
        using var workspace = new Workspace();
        ProviderRegistry.Register("thrower", new Thrower());
        using var options = new RouterOptions { StateDirectory = workspace.State(), Event = _ => throw new Silent() };
        options.CallbackFailed = _ => throw new Silent();
        await using (var router = new Router(options))
        {
            using Batch refused = new Batch("thrower").Add("a", "m", "refuse"), unknown = new Batch("thrower").Add("a", "x", "?");
            Assert.Contains("Silent", Assert.Throws<BatchRouterException>(() => router.Submit(refused)).Issues[0]);
            Assert.Throws<BatchRouterException>(() => router.Submit(unknown));
            var failure = await Assert.ThrowsAsync<BatchRouterException>(() => router.ListRemoteAsync("thrower"));
            Assert.Contains("Silent", failure.Message);
        }

        ProviderRegistry.Unregister("thrower");
    }

    [Fact]
    public async Task waiting_for_a_vendor_holds_no_thread_of_the_pool()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "100000", "--fault", "GET /v1/batches delay ms=4000 count=0",
            "--fault", "GET /v1/batches/* delay ms=4000 count=0", "--fault", "POST /v1/batches/*/cancel delay ms=4000 count=0");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(1);
        using Job job = router.Submit(batch);
        await job.WaitSubmittedAsync();
        using var stop = new CancellationTokenSource();
        Task[] waits = Enumerable.Range(0, 20).SelectMany(_ => new Task[]
        {
            job.RefreshAsync(null, stop.Token), job.CancelAsync(null, stop.Token),
            router.ListRemoteAsync("openai", 0, null, stop.Token), router.RefreshAllAsync([job], null, stop.Token),
        }).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => { }))); // the pool has threads for others
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waits));
    }

    [Fact]
    public async Task text_with_half_a_surrogate_pair_is_refused_before_anything_is_sent()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator();
        await using var router = new Router(emulator.Options(workspace.State()));
        using var batch = new Batch("openai");
        using var request = new Request("a", "m");
        request.User("whole: \ud83d\ude00");
        Action[] calls =
        [
            () => batch.Add(Odd, "m", "?"), () => batch.Add("a", Odd, "?"), () => batch.Add("a", "m", Odd),
            () => batch.Add("a", "m", "?", Odd), () => batch.Add("a", "m", Odd + new string('x', 1 << 19)),
            () => new Request(Odd, "m"), () => new Request("a", "\ude00"), () => request.User(Odd), () => request.SetSystem(Odd),
            () => request.AddImage(Source.Url, Odd), () => request.AddImage(Source.Url, "x", Odd),
            () => request.StopSequences("x", Odd), () => request.SetField("seed", $"\"{Odd}\""), () => Request.FromJson(Odd),
            () => batch.AddJsonl(Odd), () => batch.SetName(Odd), () => batch.SetMeta("a", Odd), () => batch.Set("output", Odd),
            () => new Batch(Odd), () => router.OpenJob(Odd), () => router.Attach("openai", Odd), () => router.List(Odd),
            () => ProviderRegistry.Register(Odd, new Thrower()),
        ];
        Assert.All(calls, call => Assert.Throws<ArgumentException>(call));
        Assert.Contains("\ud83d\ude00", System.Text.RegularExpressions.Regex.Unescape(request.ToJson()));
        Assert.Equal(0, (await emulator.Ledger()).GetProperty("creates").GetInt32());
    }

    private static void UseLate(ResultReader reader)
    {
        using (reader)
        {
            Assert.True(reader.Read());
            ResultView view = reader.Current;
            ReadOnlySpan<byte> id = view.CustomId;
            string was = view.CustomIdString;
            Assert.True(reader.Read());
            Refused<InvalidOperationException>(view);
            Assert.Equal(was, Encoding.UTF8.GetString(id));
            view = reader.Current;
            reader.Dispose();
            Refused<ObjectDisposedException>(view);
        }
    }

    private static void Refused<T>(ResultView view) where T : Exception
    {
        try
        {
            _ = view.TextString;
        }
        catch (T)
        {
            return;
        }

        Assert.Fail("a view showed a result that was freed");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseForgotten(Job job)
    {
        ResultView view = First(job);
        ReadOnlySpan<byte> id = FirstId(job);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal("id-0", view.CustomIdString);
        Assert.Equal("id-0", Encoding.UTF8.GetString(id));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ResultView First(Job job)
    {
        ResultReader reader = job.ReadResults(ResultOrder.Input);
        Assert.True(reader.Read());
        return reader.Current;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> FirstId(Job job) => First(job).CustomId;

    /// <summary>One thread reads, another one disposes in the midst of it.</summary>
    private static void Beside<T>(Func<T> make, Action<T> read, int rounds = 500, int reads = 400) where T : class, IDisposable
    {
        Exception? wrong = null;
        for (int round = 0; round < rounds && wrong is null; round++)
        {
            T one = make();
            using var barrier = new Barrier(2);
            var reader = new Thread(() =>
            {
                barrier.SignalAndWait();
                try
                {
                    for (int i = 0; i < reads; i++) read(one);
                }
                catch (ObjectDisposedException)
                {
                    // As it should be.
                }
                catch (Exception e)
                {
                    wrong = e;
                }
            });
            reader.Start();
            barrier.SignalAndWait();
            Thread.SpinWait(round * 7 % 2000);
            one.Dispose();
            reader.Join();
        }

        Assert.Null(wrong);
    }

    private static async Task<Job> Done(Router router, int count)
    {
        using Batch batch = Questions.Many(count);
        Job job = router.Submit(batch);
        await job.WaitAsync();
        return job;
    }
}
