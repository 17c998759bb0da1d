using System.Text;
using Xunit;

namespace BatchRouter.Tests;

public class RawTests
{
    [Fact]
    public async Task vendors_own_objects_are_at_hand()
    {
        using var workspace = new Workspace();
        using var emulator = new Emulator("--polls", "1");
        await using var router = new Router(emulator.Options(workspace.State()));
        using Batch batch = Questions.Many(3);
        using Job job = router.Submit(batch);
        await job.WaitAsync();
        string raw = job.Raw(0) ?? "";
        Assert.Contains(job.BatchIds[0] ?? "?", raw, StringComparison.Ordinal);
        Assert.Contains("\"completion_window\"", raw, StringComparison.Ordinal);
        Assert.Null(job.Raw(1));

        string[] downloaded = File.ReadAllLines(Path.Combine(workspace.State(), "spool", job.Id, "p0.output.jsonl"));
        int seen = 0;
        using ResultReader reader = job.ReadResults();
        while (reader.Read())
        {
            string row = Encoding.UTF8.GetString(reader.Current.Raw());
            Assert.Contains(row, downloaded);
            Assert.Contains($"\"custom_id\":\"{reader.Current.CustomIdString}\"", row, StringComparison.Ordinal);
            Assert.Equal(row, Encoding.UTF8.GetString(job.ResultRaw(reader.Current.CustomIdString)!));
            seen++;
        }

        Assert.Equal(3, seen);
        Assert.Null(job.ResultRaw("nobody"));
    }
}
