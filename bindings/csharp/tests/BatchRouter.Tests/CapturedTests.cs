using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace BatchRouter.Tests;

/// <summary>HTTP calls answered by batches, and the cases of bindings/conformance/captured.json.</summary>
public sealed class CapturedTests : IDisposable
{
    private readonly Workspace workspace = new();
    private readonly Emulator emulator = new("--polls", "1");
    private readonly Router router;
    private readonly Capture capture;
    private readonly HttpClient client;

    public CapturedTests()
    {
        using RouterOptions options = emulator.Options(workspace.State());
        options["capture.window_ms"] = "20";
        options["capture.poll_interval_ms"] = "5";
        router = new Router(options);
        capture = new Capture(router);
        client = new HttpClient(new BatchHandler(capture));
        client.DefaultRequestHeaders.Authorization = new("Bearer", "sk-caller");
    }

    public void Dispose()
    {
        client.Dispose();
        capture.Dispose();
        router.Dispose();
        emulator.Dispose();
        workspace.Dispose();
    }

    private HttpRequestMessage Question(string text, string more = "") => new(HttpMethod.Post,
        $"{emulator.BaseUrl}/chat/completions")
    {
        Content = new StringContent(
            $$"""{"model":"gpt-4o-mini"{{more}},"messages":[{"role":"user","content":"{{text}}"}]}""", Encoding.UTF8,
            "application/json"),
    };

    private async Task<int> Paid() => (await emulator.Ledger()).GetProperty("requests_billed").GetInt32();

    [Fact]
    public async Task call_is_answered_as_the_vendor_would_and_then_by_the_earlier_answer()
    {
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage response = await client.SendAsync(Question("a"));
            string body = await response.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
            Assert.Equal(Encoding.UTF8.GetByteCount(body), response.Content.Headers.ContentLength);
            Assert.Contains("\"object\":\"chat.completion\"", body);
        }

        Assert.Equal(1, await Paid());
    }

    [Fact]
    public async Task same_calls_at_once_are_as_many_requests()
    {
        HttpResponseMessage[] all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.SendAsync(Question("a"))));
        Assert.All(all, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(20, await Paid());
    }

    [Fact]
    public async Task cancelled_call_that_is_made_again_pays_once()
    {
        using var cancelled = new CancellationTokenSource();
        Task<HttpResponseMessage> first = client.SendAsync(Question("a"), cancelled.Token);
        while (!capture.StatsJson.Contains("\"held\":1")) await Task.Yield();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        using HttpResponseMessage again = await client.SendAsync(Question("a"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(1, await Paid());
    }

    [Fact]
    public async Task content_that_was_not_read_to_its_end_is_not_delivered()
    {
        using RouterOptions options = emulator.Options(workspace.State("other"));
        options["capture.window_ms"] = "20";
        options["capture.poll_interval_ms"] = "5";
        options["capture.cache"] = "off"; // only what waits to be delivered serves
        using var other = new Router(options);
        using var own = new Capture(other);
        using var plain = new HttpClient(new BatchHandler(own));
        plain.DefaultRequestHeaders.Authorization = new("Bearer", "sk-caller");
        using (HttpResponseMessage cut = await plain.SendAsync(Question("a"), HttpCompletionOption.ResponseHeadersRead))
        {
            await using Stream stream = await cut.Content.ReadAsStreamAsync();
            Assert.Equal(10, await stream.ReadAtLeastAsync(new byte[10], 10));
        }

        using HttpResponseMessage whole = await plain.SendAsync(Question("a"));
        Assert.Equal(1, await Paid());
        using HttpResponseMessage next = await plain.SendAsync(Question("a"));
        Assert.Equal(2, await Paid());
    }

    [Fact]
    public async Task stream_is_read_as_the_content()
    {
        using HttpResponseMessage response = await client.SendAsync(Question("a", ",\"stream\":true"),
            HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task failed_row_comes_as_its_status()
    {
        using HttpResponseMessage response = await client.SendAsync(Question("a", ",\"temperature\":9"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync());
    }

    private sealed class Recorder : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken token)
        {
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(token));
            return new HttpResponseMessage(HttpStatusCode.Accepted);
        }
    }

    [Fact]
    public async Task other_calls_go_to_the_inner_handler_as_they_are()
    {
        var next = new Recorder();
        using var passing = new HttpClient(new BatchHandler(capture, next));
        await passing.GetAsync($"{emulator.BaseUrl}/models");
        await passing.PostAsync($"{emulator.BaseUrl}/chat/completions", new StringContent("text"));
        await passing.PostAsync($"{emulator.BaseUrl}/fine_tuning/jobs",
            new StringContent("{\"a\": 1}", Encoding.UTF8, "application/json"));
        Assert.Equal(["", "text", "{\"a\": 1}"], next.Bodies);
        Assert.Equal(0, await Paid());
    }

    [Fact]
    public async Task closed_router_ends_the_calls_held()
    {
        Task<HttpResponseMessage> held = client.SendAsync(Question("a"));
        while (!capture.StatsJson.Contains("\"held\":1")) await Task.Yield();
        capture.Dispose();
        if (held.IsCompletedSuccessfully) return; // its batch was done before
        var failure = await Assert.ThrowsAsync<BatchRouterException>(() => held);
        Assert.Equal(ErrorCode.Closed, failure.Code);
    }

    [Fact]
    public async Task example_of_an_ordinary_client_is_answered_by_one_batch()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "CaptureExample.dll"),
            $"openai.base_url={emulator.BaseUrl}", $"state_dir={workspace.State("example")}", "capture.window_ms=60000",
            "capture.max_requests=3", "capture.poll_interval_ms=5"]) { RedirectStandardOutput = true };
        start.Environment["VENDOR_URL"] = $"{emulator.BaseUrl}/";
        start.Environment["OPENAI_API_KEY"] = "test-key";
        using Process example = Process.Start(start)!;
        string text = await example.StandardOutput.ReadToEndAsync();
        await example.WaitForExitAsync();
        Assert.True(example.ExitCode == 0 && text.Split("? answer to ").Length == 4, text);
        Assert.Equal(1, (await emulator.Ledger()).GetProperty("creates").GetInt32());
    }

    public static TheoryData<string> Cases() => [.. ReadCases().GetProperty("cases").EnumerateArray()
        .Select(each => each.GetProperty("name").GetString()!)];

    private static JsonElement ReadCases() => JsonDocument.Parse(
        File.ReadAllText(Path.Combine(Paths.Source, "bindings/conformance/captured.json"))).RootElement;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task case_of_the_list_holds(string name)
    {
        JsonElement file = ReadCases();
        JsonElement self = file.GetProperty("cases").EnumerateArray().Single(each => each.GetProperty("name").ValueEquals(name));
        using RouterOptions options = emulator.Options(workspace.State("case"));
        foreach (JsonProperty setting in file.GetProperty("config").EnumerateObject())
            options[setting.Name] = setting.Value.GetString()!;
        using var own = new Router(options);
        using var taking = new Capture(own);
        foreach (JsonElement round in self.GetProperty("rounds").EnumerateArray()) await Run(taking, round);
        JsonElement ledger = await emulator.Ledger();
        foreach (JsonProperty wanted in self.GetProperty("ledger").EnumerateObject())
            Assert.Equal(wanted.Value.GetInt32(), ledger.GetProperty(wanted.Name).GetInt32());
    }

    private async Task Run(Capture taking, JsonElement round)
    {
        var calls = new List<(JsonElement Description, CapturedCall Call)>();
        foreach (JsonElement description in round.EnumerateArray())
        {
            using var exchange = new Exchange(description.GetProperty("method").GetString()!,
                emulator.BaseUrl + description.GetProperty("path").GetString());
            exchange.SetBody(Encoding.UTF8.GetBytes(description.GetProperty("body").GetString()!));
            foreach (JsonProperty header in description.GetProperty("headers").EnumerateObject())
                exchange.AddHeader(header.Name, header.Value.GetString()!);
            if (description.TryGetProperty("options", out JsonElement set))
                foreach (JsonProperty option in set.EnumerateObject()) exchange.Set(option.Name, option.Value.GetString()!);
            CapturedCall? call = await taking.TakeAsync(exchange);
            Assert.Equal(Flag(description.GetProperty("expect"), "passed"), call is null);
            if (call is not null) calls.Add((description, call));
        }

        taking.Flush();
        foreach ((JsonElement description, CapturedCall call) in calls)
        {
            string? act = description.TryGetProperty("act", out JsonElement given) ? given.GetString() : null;
            if (act == "leave")
            {
                call.Leave();
                continue;
            }

            JsonElement want = description.GetProperty("expect");
            using Answer answer = await call.AnswerAsync();
            Assert.Equal(want.GetProperty("status").GetInt32(), answer.HttpStatus);
            Assert.Equal(Flag(want, "cached"), answer.IsCached);
            Assert.Contains(answer.Headers, header => header.Key == "content-type" &&
                header.Value.StartsWith(want.GetProperty("content_type").GetString()!, StringComparison.Ordinal));
            Assert.Contains(want.GetProperty("body_has").GetString()!, Encoding.UTF8.GetString(answer.Body()));
            if (act != "drop") answer.Delivered();
        }
    }

    private static bool Flag(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
}
