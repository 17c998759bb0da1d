using BatchRouter;

await using var router = new Router(RouterOptions.FromSettings(args));
using var job = router.Submit(new Batch("openai").Add("capital", "gpt-4o-mini", "What is the capital of France?"));
await foreach (var result in job.ResultsAsync())
    Console.WriteLine(result);
