//go:build cgo

package batchrouter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// Transport is an http.RoundTripper that has the calls of an http.Client to language models answered by batches, half the
// price. The client sees what the vendor would have answered: its status, headers and body, a stream if it asked for one.
// What no batch can answer goes to the next RoundTripper as it is.
//
// A request whose context ends is left: it stays in its batch, and its answer goes to the next request that asks the
// same. An answer counts as delivered when its body was read to its end and closed; else it, too, goes to the next one.
// A batch takes minutes to hours, so the client's time-out, if it has one, should be as long.
type Transport struct {
	// Options of each Exchange that it makes; may be changed before the first request.
	Options map[string]string

	capture *Capture
	next    http.RoundTripper
}

var _ http.RoundTripper = (*Transport)(nil)

// NewTransport makes a Transport; next nil means http.DefaultTransport.
//
//	client := &http.Client{Transport: batchrouter.NewTransport(capture, nil)}
func NewTransport(capture *Capture, next http.RoundTripper) *Transport {
	if next == nil {
		next = http.DefaultTransport
	}
	return &Transport{capture: capture, next: next}
}

// RoundTrip waits until the batch is done that answers the request.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if !mayBeCaptured(request) {
		return t.next.RoundTrip(request)
	}
	body, err := io.ReadAll(request.Body)
	request.Body.Close()
	if err != nil {
		return nil, err
	}
	call, err := t.capture.Take(t.exchange(request, body))
	// A request that is none is for the next one to refuse.
	if errors.Is(err, ErrPass) || errors.Is(err, ErrInvalid) {
		return t.next.RoundTrip(withBody(request, body))
	}
	if err != nil {
		return nil, err
	}
	answer, err := waitForRequest(call, request)
	if err != nil {
		return nil, err
	}
	return response(request, answer), nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t *Transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// mayBeCaptured keeps the bodies of uploads from being read into memory.
func mayBeCaptured(request *http.Request) bool {
	if request.Method != http.MethodPost || request.URL == nil || request.Body == nil || request.Body == http.NoBody {
		return false
	}
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	return err == nil && kind == "application/json" && request.Header.Get("Content-Encoding") == ""
}

// withBody is the request with a body that was read. Its length stays as it was, -1 for one sent in chunks.
func withBody(request *http.Request, body []byte) *http.Request {
	again := request.WithContext(request.Context())
	again.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	again.Body, _ = again.GetBody()
	return again
}

func (t *Transport) exchange(request *http.Request, body []byte) *Exchange {
	exchange := &Exchange{Method: request.Method, Header: request.Header, Body: body, Options: t.Options}
	address := *request.URL
	address.Fragment, address.RawFragment, address.User = "", "", nil
	exchange.URL = address.String()
	// By this header the official clients tell that they ask again.
	if count, err := strconv.Atoi(request.Header.Get("X-Stainless-Retry-Count")); err == nil && count > 0 {
		exchange.Options = map[string]string{"repeated": "1"}
		for name, value := range t.Options {
			exchange.Options[name] = value
		}
	}
	return exchange
}

// waitForRequest ends with the request's context, or its older Cancel.
func waitForRequest(call *Call, request *http.Request) (*Answer, error) {
	if request.Cancel == nil { //nolint:staticcheck // clients of before contexts have it
		return call.Wait(request.Context())
	}
	select {
	case answer := <-call.answer:
		return answer, nil
	case <-call.capture.done:
		return call.Wait(request.Context())
	case <-request.Cancel: //nolint:staticcheck
		call.Leave()
		return nil, errors.New("net/http: request canceled")
	case <-request.Context().Done():
		return call.Wait(request.Context())
	}
}

func response(request *http.Request, answer *Answer) *http.Response {
	header := answer.Header.Clone()
	length := answer.Len()
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(length))
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", answer.Status, http.StatusText(answer.Status)),
		StatusCode: answer.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		Body:          answer.Reader(),
		ContentLength: int64(length),
		Request:       request,
	}
}
