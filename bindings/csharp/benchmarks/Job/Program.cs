// A whole job from C#, for tests/bench/languages.py: every request of a file, or so many made here; every answer
// printed. Arguments: FILE|COUNT KEY=VALUE…
using BatchRouter;

using RouterOptions options = RouterOptions.FromSettings(args.Skip(1));
using var router = new Router(options);
using var batch = new Batch("openai");
if (int.TryParse(args[0], out int count))
    for (int i = 0; i < count; i++) batch.Add($"r{i}", "gpt-4o-mini", $"Question {i}");
else
    batch.AddJsonlFile(args[0]);
using Job job = router.Submit(batch);
using Stream output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
foreach (ResultView result in job.TakeResults())
{
    output.Write(result.CustomId);
    output.Write(": "u8);
    output.Write(result.Text.IsEmpty ? result.ErrorMessage : result.Text);
    output.WriteByte((byte)'\n');
}
