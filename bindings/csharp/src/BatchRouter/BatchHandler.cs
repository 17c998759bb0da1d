using System.Net;
using System.Net.Http.Headers;

namespace BatchRouter;

/// <summary>
/// Has the calls of an HttpClient to language models answered by batches: status, headers and body are the vendor's, a
/// stream if one was asked for. What no batch can answer goes to the inner handler. A request that is cancelled is left: its
/// answer goes to the next one that asks the same. So does an answer whose content was disposed of before it was read to its
/// end. A batch takes minutes to hours: set HttpClient.Timeout accordingly.
/// </summary>
public sealed class BatchHandler : DelegatingHandler
{
    private readonly Capture capture;

    /// <summary>The capture stays the caller's.</summary>
    public BatchHandler(Capture capture, HttpMessageHandler? inner = null)
        : base(inner ?? new SocketsHttpHandler())
    {
        ArgumentNullException.ThrowIfNull(capture);
        this.capture = capture;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!MayBeCaptured(request)) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        // Buffered in the content, so that the inner handler can send it as well.
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        Answer? answer;
        using (Exchange exchange = Describe(request, body))
            answer = await capture.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        if (answer is null) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return Respond(request, answer);
    }

    /// <summary>Keeps the contents of uploads from being read into memory.</summary>
    private static bool MayBeCaptured(HttpRequestMessage request) =>
        request.Method == HttpMethod.Post && request.RequestUri is { IsAbsoluteUri: true } &&
        request.Content?.Headers is { ContentType.MediaType: "application/json", ContentEncoding.Count: 0 };

    private static Exchange Describe(HttpRequestMessage request, byte[] body)
    {
        var exchange = new Exchange(request.Method.Method, request.RequestUri!.GetLeftPart(UriPartial.Query));
        foreach (HttpHeaders headers in new HttpHeaders[] { request.Headers, request.Content!.Headers })
        {
            foreach ((string name, HeaderStringValues values) in headers.NonValidated)
                foreach (string value in values) exchange.AddHeader(name, value);
        }

        // By this header the official clients tell that they ask again.
        if (request.Headers.TryGetValues("x-stainless-retry-count", out IEnumerable<string>? counts) &&
            int.TryParse(counts.First(), out int count) && count > 0)
            exchange.Set("repeated", "1");
        return exchange.SetBody(body);
    }

    private static HttpResponseMessage Respond(HttpRequestMessage request, Answer answer)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.HttpStatus)
        {
            RequestMessage = request,
            Content = new StreamContent(new AnswerStream(answer)),
        };
        response.Content.Headers.ContentLength = answer.Length;
        foreach ((string name, string value) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
