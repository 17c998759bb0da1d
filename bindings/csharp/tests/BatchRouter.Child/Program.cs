// A process to be killed: submits the lines on its standard input and waits. Arguments: state directory, then KEY=VALUE.
using BatchRouter;

using var options = new RouterOptions { StateDirectory = args[0] };
foreach (string setting in args.Skip(1))
{
    string[] pair = setting.Split('=', 2);
    options.Set(pair[0], pair[1]);
}

using var router = new Router(options);
using var batch = new Batch("openai");
batch.AddJsonl(Console.In.ReadToEnd());
using Job job = router.Submit(batch);
Console.WriteLine(job.Id);
await job.WaitAsync();
await Task.Delay(Timeout.Infinite);
