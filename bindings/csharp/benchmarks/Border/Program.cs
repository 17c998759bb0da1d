// What tests/bench/border.py measures of C# against C: id, status and text of the stored results of a job.
// Arguments: LIBRARY STATE_DIR JOB_ID PASSES; prints nanoseconds for a result. LIBRARY is tests/bench/border.c.
using System.Runtime.InteropServices;
using System.Text;
using BatchRouter;
using BatchRouter.Native;

Measure.Load(args[0]);
using var options = new RouterOptions { StateDirectory = args[1] };
// The first passes run as they were compiled in haste, and are left out: after 20 nothing is compiled any more. Who comes
// second finds the memory that the first one left: each is first in every other pass.
for (int pass = -20; pass < int.Parse(args[3]); pass++)
{
    string found = pass % 2 == 0 ? Measure.InC(args[1], args[2]) : "";
    using (var router = new Router(options))
    using (Job job = router.OpenJob(args[2])) found += Measure.InCSharp(job);
    if (pass % 2 != 0) found += Measure.InC(args[1], args[2]);
    if (pass >= 0) Console.Write(found);
}

internal static unsafe class Measure
{
    private const int Block = 256, Repeats = 100;

    private static delegate* unmanaged[Cdecl]<byte*, byte*, double*, void> border;
    private static delegate* unmanaged[Cdecl]<double> now;

    public static void Load(string path)
    {
        nint library = NativeLibrary.Load(path);
        border = (delegate* unmanaged[Cdecl]<byte*, byte*, double*, void>)NativeLibrary.GetExport(library, "border");
        now = (delegate* unmanaged[Cdecl]<double>)NativeLibrary.GetExport(library, "border_now");
    }

    public static string InC(string state, string job)
    {
        double* nanoseconds = stackalloc double[3];
        fixed (byte* stateAt = Encoding.UTF8.GetBytes(state + '\0'), jobAt = Encoding.UTF8.GetBytes(job + '\0'))
            border(stateAt, jobAt, nanoseconds);
        return Line("c.read", nanoseconds[0]) + Line("c.again", nanoseconds[1]) + Line("c.copy", nanoseconds[2]);
    }

    public static string InCSharp(Job job)
    {
        string lines = Line("read", Read(job));
        Status.Check(NativeMethods.br_results_open(job.Handle, out ResultsHandle results, out nint err), err);
        nint* block = stackalloc nint[Block];
        Status.Check(NativeMethods.br_results_next(results, block, Block, out nuint count, out err), err);
        var texts = new List<byte[]>();
        for (nuint i = 0; i < count; i++)
        {
            var view = new NativeResult(block[i]);
            texts.Add(view.CustomId.ToArray());
            texts.Add(view.Text.ToArray());
        }

        lines += Line("again", Again(block, (int)count, &Borrowed)) + Line("copy", Again(block, (int)count, &Copied));
        long sum = 0;
        double began = now();
        for (int round = 0; round < Repeats; round++)
            foreach (byte[] text in texts) sum += Encoding.UTF8.GetString(text).Length;
        lines += Line("own", Since(began, sum) / (Repeats * (int)count));
        for (nuint i = 0; i < count; i++) NativeMethods.br_result_free(block[i]);
        results.Dispose();
        return lines;
    }

    /// <summary>All results. What opening costs is no cost of a result.</summary>
    private static double Read(Job job)
    {
        using ResultReader reader = job.ReadResults();
        if (!reader.Read()) throw new InvalidOperationException("no results");
        double began = now();
        long sum = Ask(reader.Current);
        int rows = 1;
        for (; reader.Read(); rows++) sum += Ask(reader.Current);
        return Since(began, sum) / rows;
    }

    private static double Again(nint* block, int count, delegate*<nint, long> ask)
    {
        long sum = 0;
        double began = now();
        for (int round = 0; round < Repeats; round++)
            for (int i = 0; i < count; i++) sum += ask(block[i]);
        return Since(began, sum) / (Repeats * count);
    }

    private static long Ask(ResultView view) => view.CustomId.Length + view.Text.Length + (int)view.Status;

    private static long Ask(NativeResult view) => view.CustomId.Length + view.Text.Length + (int)view.Status;

    private static long Borrowed(nint result) => Ask(new NativeResult(result));

    private static long Copied(nint result)
    {
        var view = new NativeResult(result);
        return view.CustomIdString.Length + view.TextString!.Length + (int)view.Status;
    }

    private static double Since(double began, long sum) =>
        sum == 0 ? throw new InvalidOperationException("nothing was read") : now() - began;

    private static string Line(string name, double nanoseconds) => FormattableString.Invariant($"{name} {nanoseconds:F2}\n");
}
