// The quick start: two questions as one batch, the answers as they come.
// Arguments, all optional: base URL, state directory, poll interval in milliseconds.
using BatchRouter;

try
{
    using var options = new RouterOptions();
    if (args.Length > 0) options.Provider("openai", baseUrl: args[0]);
    if (args.Length > 1) options.StateDirectory = args[1];
    if (args.Length > 2) options.Set("poll.interval_ms", args[2]);
    await using var router = new Router(options);

    using var batch = new Batch("openai");
    batch.Add("request-1", "gpt-4o-mini", "What is the capital of France?");
    batch.Add("request-2", "gpt-4o-mini", "What is 2+2?", system: "You are a helpful math tutor.");

    using Job job = router.Submit(batch);
    Console.WriteLine($"Batch submitted: {job.Id}");
    Console.WriteLine($"Status: {job.StateName}");
    Console.WriteLine($"Progress: {job.Counts.Succeeded}/{job.Counts.Total}");

    await foreach (BatchResult result in job.ResultsAsync())
    {
        Console.WriteLine($"{result.CustomId}: {result.Status}");
        Console.WriteLine($"Response: {result.Text ?? result.ErrorMessage}");
        JobCounts counts = job.Update().Counts;
        Console.WriteLine($"Progress: {counts.Succeeded}/{counts.Total}");
    }

    return 0;
}
catch (BatchRouterException e)
{
    Console.Error.WriteLine(e.Message);
    foreach (string issue in e.Issues) Console.Error.WriteLine($"  {issue}");
    return 1;
}
