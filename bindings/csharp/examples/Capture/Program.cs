// A program that asks a vendor by an ordinary HttpClient, and is answered by batches: only its handler is another one.
using System.Text.Json.Nodes;
using BatchRouter;

await using var router = new Router(RouterOptions.FromSettings(args));
await using var capture = new Capture(router);
using var client = new HttpClient(new BatchHandler(capture)) { Timeout = Timeout.InfiniteTimeSpan };
client.BaseAddress = new Uri(Environment.GetEnvironmentVariable("VENDOR_URL") ?? "https://api.openai.com/v1/");
client.DefaultRequestHeaders.Authorization = new("Bearer", Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
foreach (string line in await Task.WhenAll(Ask("France"), Ask("Italy"), Ask("Spain"))) Console.WriteLine(line);

// Knows nothing of batches.
async Task<string> Ask(string country)
{
    string question = $"What is the capital of {country}?";
    var message = new JsonObject { ["role"] = "user", ["content"] = question };
    var body = new JsonObject { ["model"] = "gpt-4o-mini", ["messages"] = new JsonArray(message) };
    using var content = new StringContent(body.ToJsonString(), null, "application/json");
    using HttpResponseMessage response = await client.PostAsync("chat/completions", content);
    response.EnsureSuccessStatusCode();
    JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    return $"{question} {answer["choices"]![0]!["message"]!["content"]}";
}
