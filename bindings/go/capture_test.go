//go:build cgo

package batchrouter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// captured is a capture on an emulator of its own, and a client that uses it.
type captured struct {
	*testing.T
	emulator *emulator
	settings map[string]string
	capture  *Capture
	client   *http.Client
	router   *Router
}

func startCapture(t *testing.T, arguments ...string) *captured {
	t.Helper()
	c := &captured{T: t, emulator: startEmulator(t, append([]string{"--polls", "1"}, arguments...)...)}
	c.settings = c.emulator.settings(t)
	c.settings["capture.window_ms"], c.settings["capture.poll_interval_ms"] = "20", "5"
	c.open()
	return c
}

func (c *captured) open() {
	c.Helper()
	c.router = openRouter(c, Config{Settings: c.settings})
	var err error
	if c.capture, err = c.router.Capture(); err != nil {
		c.Fatal(err)
	}
	capture := c.capture
	c.Cleanup(func() { capture.Close() })
	c.client = &http.Client{Transport: NewTransport(c.capture, nil)}
}

func (c *captured) reopen() {
	c.Helper()
	if err := c.capture.Close(); err != nil {
		c.Fatal(err)
	}
	if err := c.router.Close(); err != nil {
		c.Fatal(err)
	}
	c.open()
}

func (c *captured) request(ctx context.Context, text, more string) *http.Request {
	body := fmt.Sprintf(`{"model":"gpt-4o-mini"%s,"messages":[{"role":"user","content":%q}]}`, more, text)
	request, err := http.NewRequestWithContext(ctx, "POST", c.emulator.url+"/chat/completions", strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer sk-caller")
	return request
}

// ask returns the answer and its body, read and closed.
func (c *captured) ask(text, more string) (*http.Response, string) {
	response, err := c.client.Do(c.request(withTimeout(c), text, more))
	if err != nil {
		c.Error(err)
		return &http.Response{}, ""
	}
	body, err := io.ReadAll(response.Body)
	if err == nil {
		err = response.Body.Close()
	}
	if err != nil {
		c.Error(err)
	}
	return response, string(body)
}

func (c *captured) wantPaid(want int) {
	c.Helper()
	if got := c.emulator.ledger(c)["requests_billed"]; got != float64(want) {
		c.Errorf("%v requests were paid, not %d", got, want)
	}
}

func (c *captured) wantAnswer(body string) {
	c.Helper()
	var answer struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Choices) != 1 ||
		answer.Choices[0].Message.Content == "" {
		c.Errorf("no answer: %v: %s", err, body)
	}
}

func TestCallIsAnsweredAsTheVendorWould(t *testing.T) {
	c := startCapture(t)
	response, body := c.ask("hello", "")
	c.wantAnswer(body)
	if response.Status != "200 OK" || response.Header.Get("Content-Type") != "application/json" ||
		response.ContentLength != int64(len(body)) || response.Request == nil || response.Proto != "HTTP/1.1" {
		t.Errorf("%+v", response)
	}
	ledger := c.emulator.ledger(t)
	if ledger["creates"] != 1.0 {
		t.Errorf("%v", ledger)
	}
	c.wantPaid(1)
	var stats struct{ Answered int }
	if err := json.Unmarshal(c.capture.Stats(), &stats); err != nil || stats.Answered != 1 {
		t.Errorf("%v: %s", err, c.capture.Stats())
	}
}

func TestSameCallsAtOnceAreAsManyRequests(t *testing.T) {
	c := startCapture(t)
	var all sync.WaitGroup
	for i := 0; i < 7; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			_, body := c.ask("same", "")
			c.wantAnswer(body)
		}()
	}
	all.Wait()
	c.wantPaid(7)
	c.ask("same", "") // from now on an earlier answer serves
	c.wantPaid(7)
}

func TestAThousandGoroutinesGetTheirOwnAnswers(t *testing.T) {
	c := startCapture(t)
	const count = 1000
	var all sync.WaitGroup
	var seen sync.Map
	for i := 0; i < count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			text := strings.Repeat("a word ", i+1) // the emulator counts the tokens of each
			_, body := c.ask(text, "")
			var answer struct {
				Usage struct {
					PromptTokens int `json:"prompt_tokens"`
				}
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Errorf("%v: %s", err, body)
			}
			seen.Store(i, answer.Usage.PromptTokens)
		}(i)
	}
	all.Wait()
	c.wantPaid(count)
	at := func(i int) int { tokens, _ := seen.Load(i); return tokens.(int) }
	for i := 20; i < count; i++ {
		if at(i) <= at(i-20) {
			t.Fatalf("the answer to question %d counts %d tokens, that to %d %d", i, at(i), i-20, at(i-20))
		}
	}
}

func TestWhoseContextEndedAsksAgainAndPaysOnce(t *testing.T) {
	c := startCapture(t)
	c.settings["capture.window_ms"] = "60000" // nothing leaves before the first has gone
	c.reopen()
	ctx, cancel := context.WithCancel(withTimeout(t))
	go func() {
		for !strings.Contains(string(c.capture.Stats()), `"held":1`) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := c.client.Do(c.request(ctx, "same", "")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	go func() {
		for !strings.Contains(string(c.capture.Stats()), `"held":1`) {
			time.Sleep(time.Millisecond)
		}
		_ = c.capture.Flush()
	}()
	response, body := c.ask("same", "")
	c.wantAnswer(body)
	if response.StatusCode != 200 {
		t.Error(response.Status)
	}
	c.wantPaid(1)
}

func TestAnswerThatWasNotReadToItsEndIsNotDelivered(t *testing.T) {
	c := startCapture(t)
	c.client.Transport.(*Transport).Options = map[string]string{"cache": "off"} // only what waits to be delivered serves
	for i := 0; i < 2; i++ {
		response, err := c.client.Do(c.request(withTimeout(t), "same", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Error(err)
		}
	}
	c.ask("same", "")
	c.wantPaid(1)
	c.ask("same", "") // the last one was delivered, so this one is new
	c.wantPaid(2)
}

func TestCallsOfAnEarlierCaptureAreAnsweredToWhoAsksAgain(t *testing.T) {
	c := startCapture(t)
	c.settings["capture.window_ms"] = "60000"
	c.reopen()
	ended := make(chan error, 3)
	for i := 0; i < 3; i++ {
		go func() {
			_, err := c.client.Do(c.request(context.Background(), "same", ""))
			ended <- err
		}()
	}
	for !strings.Contains(string(c.capture.Stats()), `"held":3`) {
		time.Sleep(time.Millisecond)
	}
	if err := c.capture.Close(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 3; i++ {
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	if _, err := c.client.Do(c.request(withTimeout(t), "same", "")); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	c.reopen()
	var all sync.WaitGroup
	for i := 0; i < 3; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			c.ask("same", "")
		}()
	}
	all.Wait()
	c.wantPaid(3)
}

func TestClosedRouterEndsTheCallsHeld(t *testing.T) {
	c := startCapture(t)
	c.settings["capture.window_ms"] = "60000"
	c.reopen()
	ended := make(chan error, 1)
	go func() {
		_, err := c.client.Do(c.request(context.Background(), "same", ""))
		ended <- err
	}()
	for !strings.Contains(string(c.capture.Stats()), `"held":1`) {
		time.Sleep(time.Millisecond)
	}
	if err := c.router.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := c.capture.Close(); err != nil {
		t.Error(err)
	}
}

func TestStreamIsReadAsTheBody(t *testing.T) {
	c := startCapture(t)
	response, body := c.ask("hello", `,"stream":true`)
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") ||
		!strings.HasPrefix(body, "data: {") || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("%v: %s", response.Header, body)
	}
}

func TestErrorRowComesAsItsStatus(t *testing.T) {
	c := startCapture(t)
	response, body := c.ask("hello", `,"temperature":9`)
	if response.StatusCode != 400 || response.Status != "400 Bad Request" || !strings.Contains(body, `"error"`) {
		t.Errorf("%s: %s", response.Status, body)
	}
}

// recorder is where calls are passed to.
type recorder struct {
	requests atomic.Int64
	body     []byte
	request  *http.Request
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.requests.Add(1)
	r.request = request
	if request.Body != nil {
		r.body, _ = io.ReadAll(request.Body)
		request.Body.Close()
	}
	return &http.Response{StatusCode: 299, Body: http.NoBody, Request: request}, nil
}

func TestOtherCallsArePassedThroughUntouched(t *testing.T) {
	c := startCapture(t)
	next := new(recorder)
	c.client.Transport = NewTransport(c.capture, next)
	get, _ := http.NewRequest("GET", c.emulator.url+"/models", nil)
	upload, _ := http.NewRequest("POST", c.emulator.url+"/files", strings.NewReader("not read before"))
	upload.Header.Set("Content-Type", "multipart/form-data")
	other, _ := http.NewRequest("POST", "http://127.0.0.1:1/v1/chat/completions", strings.NewReader(`{"model":"x"}`))
	other.Header.Set("Content-Type", "application/json")
	chunked, _ := http.NewRequest("POST", c.emulator.url+"/fine_tuning/jobs", io.NopCloser(strings.NewReader(`{"a": 1}`)))
	chunked.Header.Set("Content-Type", "application/json")
	for i, want := range []struct {
		request *http.Request
		body    string
		length  int64
	}{{get, "", 0}, {upload, "not read before", 15}, {other, `{"model":"x"}`, 13}, {chunked, `{"a": 1}`, 0}} {
		response, err := c.client.Do(want.request)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 299 || next.requests.Load() != int64(i+1) || string(next.body) != want.body ||
			next.request.ContentLength != want.length || next.request.Header.Get("Content-Type") != want.request.Header.Get("Content-Type") {
			t.Errorf("%d: %+v %q", i, next.request, next.body)
		}
		next.body = nil
	}
	if again, err := next.request.GetBody(); err != nil {
		t.Error(err)
	} else if text, _ := io.ReadAll(again); string(text) != `{"a": 1}` {
		t.Errorf("%q", text)
	}
	c.wantPaid(0)
}

// trackedBody tells whether it was closed.
type trackedBody struct {
	io.Reader
	closed bool
}

func (b *trackedBody) Close() error {
	b.closed = true
	return nil
}

func TestRequestBodyIsReadOnceAndClosed(t *testing.T) {
	c := startCapture(t)
	request := c.request(withTimeout(t), "hello", "")
	text, _ := io.ReadAll(request.Body)
	body := &trackedBody{Reader: bytes.NewReader(text)}
	request.Body = body
	response, err := c.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if !body.closed {
		t.Error("the body was not closed")
	}
	body = &trackedBody{Reader: io.MultiReader(strings.NewReader("{"), failingReader{})}
	request.Body = body
	if _, err := c.client.Do(request); !errors.Is(err, errReader) || !body.closed {
		t.Errorf("%v, closed %v", err, body.closed)
	}
	c.wantPaid(1)
}

var errReader = errors.New("the reader failed")

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errReader }

func TestCallsByHand(t *testing.T) {
	c := startCapture(t)
	if _, err := c.router.Capture(); !errors.Is(err, ErrAlready) {
		t.Error(err)
	}
	_, err := c.capture.Do(withTimeout(t), &Exchange{Method: "GET", URL: c.emulator.url + "/models"})
	if err != ErrPass {
		t.Error(err)
	}
	exchange := &Exchange{Method: "POST", URL: c.emulator.url + "/embeddings",
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   []byte(`{"model":"text-embedding-3-small","input":"a"}`), Options: map[string]string{"credential": "configured"}}
	call, err := c.capture.Take(exchange)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(call.JSON()); !strings.Contains(text, `"state"`) {
		t.Error(text)
	}
	answer, err := call.Wait(withTimeout(t))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 200 || answer.BatchID == "" || answer.Cached || answer.ID != call.ID || answer.Events() != nil ||
		!strings.Contains(string(answer.Body()), `"embedding"`) {
		t.Errorf("%+v %s", answer, answer.Body())
	}
	if err := answer.Delivered(); err != nil {
		t.Error(err)
	}
	answer.Close()
	if answer.Body() != nil || answer.Close() != nil {
		t.Error("a closed answer has a body")
	}
	exchange.Options = map[string]string{"no such": "option"}
	if _, err := c.capture.Take(exchange); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	exchange.Header = http.Header{"Bad\x00": {"x"}}
	if _, err := c.capture.Take(exchange); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
