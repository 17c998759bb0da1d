// The cost of a result: the borrowed views and the copies of this binding, against the same C functions called with
// nothing in between, in one run. Arguments: results asked (200000), rounds (9). BATCHROUTER_PROGRAM names the program.
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BatchRouter;
using BatchRouter.Native;

int count = args.Length > 0 ? int.Parse(args[0]) : 200_000;
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
    for (int i = 0; i < 256; i++) batch.Add($"id-{i}", "gpt-4o-mini", $"Question {i}");
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

    /// <summary>
    /// One block of results that C has parsed already, asked over and over: what is left is the border. Freeing is part of
    /// it, as a free of nothing.
    /// </summary>
    public static void Report(Job job, int count, int rounds)
    {
        Status.Check(NativeMethods.br_results_open(job.Handle, out ResultsHandle results, out nint err), err);
        nint* block = stackalloc nint[Block];
        Status.Check(NativeMethods.br_results_next(results, block, Block, out nuint found, out err), err);
        double bare = double.MaxValue, borrowed = bare, bareCopies = bare, copied = bare;
        for (int round = 0; round < rounds; round++)
        {
            bare = Math.Min(bare, Time(block, (int)found, count, &Bare));
            borrowed = Math.Min(borrowed, Time(block, (int)found, count, &Borrowed));
            bareCopies = Math.Min(bareCopies, Time(block, (int)found, count, &BareCopies));
            copied = Math.Min(copied, Time(block, (int)found, count, &Copied));
        }

        for (nuint i = 0; i < found; i++) NativeMethods.br_result_free(block[i]);
        results.Dispose();
        Console.WriteLine($"C calls alone    {bare,8:F1} ns/result");
        Console.WriteLine($"borrowed views   {borrowed,8:F1} ns/result: {borrowed - bare:F1} more");
        Console.WriteLine($"bare copies      {bareCopies,8:F1} ns/result");
        Console.WriteLine($"copied texts     {copied,8:F1} ns/result: {copied / bareCopies:F2} times");
    }

    private static double Time(nint* block, int found, int count, delegate*<nint, long> ask)
    {
        long sum = 0, started = Stopwatch.GetTimestamp();
        for (int done = 0; done < count; done += found)
            for (int i = 0; i < found; i++) sum += ask(block[i]);
        double ns = Stopwatch.GetElapsedTime(started).TotalNanoseconds / ((count + found - 1) / found * found);
        return sum == 0 ? double.NaN : ns;
    }

    private static long Bare(nint result)
    {
        nuint id, text;
        Functions.CustomId(result, &id);
        Functions.Text(result, &text);
        int status = Functions.StatusOf(result);
        Functions.Free(0);
        return (long)(id + text) + status;
    }

    private static long Borrowed(nint result)
    {
        var view = new ResultView(result);
        long sum = view.CustomId.Length + view.Text.Length + (int)view.Status;
        NativeMethods.br_result_free_stored(0);
        return sum;
    }

    private static long BareCopies(nint result)
    {
        nuint id, text;
        byte* idAt = Functions.CustomId(result, &id), textAt = Functions.Text(result, &text);
        int status = Functions.StatusOf(result);
        Functions.Free(0);
        return Encoding.UTF8.GetString(idAt, (int)id).Length + Encoding.UTF8.GetString(textAt, (int)text).Length + status;
    }

    private static long Copied(nint result)
    {
        var view = new ResultView(result);
        long sum = view.CustomIdString.Length + view.TextString!.Length + (int)view.Status;
        NativeMethods.br_result_free_stored(0);
        return sum;
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
