// The cost of a result: the borrowed views and the copies of this binding, against the same C functions called with
// nothing in between, in one run. Arguments: results (20000), rounds (9). BATCHROUTER_PROGRAM names the program.
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BatchRouter;
using BatchRouter.Native;

int count = args.Length > 0 ? int.Parse(args[0]) : 20_000;
int rounds = args.Length > 1 ? int.Parse(args[1]) : 9;
string program = Environment.GetEnvironmentVariable("BATCHROUTER_PROGRAM") ?? "batchrouter";
string state = Directory.CreateTempSubdirectory("batchrouter-cost-").FullName;
using Process emulator = Process.Start(new ProcessStartInfo(program, ["emulate", "--json", "--polls", "2"])
{
    RedirectStandardOutput = true,
})!;
try
{
    using JsonDocument said = JsonDocument.Parse(emulator.StandardOutput.ReadLine()!);
    using var options = new RouterOptions { StateDirectory = state, PollInterval = TimeSpan.FromMilliseconds(10) };
    options.Provider("openai", "key", said.RootElement.GetProperty("base_urls").GetProperty("openai").GetString());
    using var router = new Router(options);
    using var batch = new Batch("openai");
    for (int i = 0; i < count; i++) batch.Add($"id-{i}", "gpt-4o-mini", $"Question {i}");
    using Job job = router.Submit(batch);
    job.WaitAsync().GetAwaiter().GetResult();
    Measure.Report(job, count, rounds);
}
finally
{
    emulator.Kill();
    Directory.Delete(state, recursive: true);
}

internal static unsafe class Measure
{
    private const int Block = 256;

    public static void Report(Job job, int count, int rounds)
    {
        (string Name, Func<Job, long> Work)[] ways =
            [("bare C calls", Bare), ("borrowed views", Borrowed), ("bare copies", BareCopies), ("copied texts", CopiedTexts)];
        var best = new double[ways.Length];
        Array.Fill(best, double.MaxValue);
        var bytes = new long[ways.Length];
        for (int round = 0; round < rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                long started = Stopwatch.GetTimestamp();
                bytes[way] = ways[way].Work(job);
                best[way] = Math.Min(best[way], Stopwatch.GetElapsedTime(started).TotalNanoseconds / count);
            }
        }

        for (int way = 0; way < ways.Length; way++)
            Console.WriteLine($"{ways[way].Name,-16} {best[way],8:F1} ns/result  ({bytes[way]} bytes)");
        Console.WriteLine($"a view costs     {best[1] - best[0],8:F1} ns/result more than C");
        Console.WriteLine($"a copy costs     {best[3] / best[2],8:F2} times the bare copy");
    }

    private static long Bare(Job job) => Raw(job, copy: false);

    private static long BareCopies(Job job) => Raw(job, copy: true);

    private static long Borrowed(Job job)
    {
        long bytes = 0;
        using ResultReader reader = job.ReadResults();
        foreach (ResultView result in reader) bytes += result.CustomId.Length + result.Text.Length + (int)result.Status;
        return bytes;
    }

    private static long CopiedTexts(Job job)
    {
        long bytes = 0;
        using ResultReader reader = job.ReadResults();
        foreach (ResultView result in reader) bytes += result.CustomIdString.Length + result.TextString!.Length + (int)result.Status;
        return bytes;
    }

    /// <summary>
    /// What a C program does, with the same block size, through function pointers that skip the collector's bookkeeping:
    /// as close to C as this process gets.
    /// </summary>
    private static long Raw(Job job, bool copy)
    {
        Status.Check(NativeMethods.br_results_open(job.Handle, out ResultsHandle results, out nint err), err);
        using (results)
        {
            long bytes = 0;
            nint* block = stackalloc nint[Block];
            while (NativeMethods.br_results_next(results, block, Block, out nuint found, out _) == Status.Ok)
            {
                for (nuint i = 0; i < found; i++)
                {
                    nuint id, text;
                    byte* idAt = Functions.CustomId(block[i], &id), textAt = Functions.Text(block[i], &text);
                    bytes += copy
                        ? Encoding.UTF8.GetString(idAt, (int)id).Length + Encoding.UTF8.GetString(textAt, (int)text).Length
                        : (int)(id + text);
                    bytes += Functions.StatusOf(block[i]);
                    Functions.Free(block[i]);
                }
            }

            return bytes;
        }
    }

    private static class Functions
    {
        private static readonly nint Library = System.Runtime.InteropServices.NativeLibrary.Load(
            LibraryLoader.Candidates(Environment.GetEnvironmentVariable(LibraryLoader.Variable)).First());

        public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint*, byte*> CustomId =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint*, byte*>)Find("br_result_custom_id");

        public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint*, byte*> Text =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, nuint*, byte*>)Find("br_result_text");

        public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int> StatusOf =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int>)Find("br_result_status");

        public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, void> Free =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, void>)Find("br_result_free");

        private static nint Find(string name) => System.Runtime.InteropServices.NativeLibrary.GetExport(Library, name);
    }
}
