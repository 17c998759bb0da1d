//go:build cgo

package batchrouter

// #include "shim.h"
import "C"

import "encoding/json"

// line is a result as the unified format has it (docs/format.md).
type line struct {
	CustomID     string          `json:"custom_id"`
	JobID        string          `json:"job_id"`
	BatchID      string          `json:"batch_id"`
	Text         string          `json:"text"`
	Model        string          `json:"model"`
	FinishReason string          `json:"finish_reason"`
	ToolCalls    json.RawMessage `json:"tool_calls"`
	Response     json.RawMessage `json:"response"`
	Usage        struct {
		Input     *int64 `json:"input_tokens"`
		Output    *int64 `json:"output_tokens"`
		Cached    *int64 `json:"cached_input_tokens"`
		Reasoning *int64 `json:"reasoning_tokens"`
	} `json:"usage"`
	Error struct {
		Type       string `json:"type"`
		Code       string `json:"code"`
		Message    string `json:"message"`
		HTTPStatus int    `json:"http_status"`
		Transient  bool   `json:"transient"`
	} `json:"error"`
}

// readLine takes what the library wrote: a field of another kind than it writes is left out.
func readLine(text string) *line {
	var l line
	_ = json.Unmarshal([]byte(text), &l)
	return &l
}

func (l *line) text(column int) string {
	switch column {
	case C.BRGO_CUSTOM_ID:
		return l.CustomID
	case C.BRGO_JOB_ID:
		return l.JobID
	case C.BRGO_BATCH_ID:
		return l.BatchID
	case C.BRGO_TEXT:
		return l.Text
	case C.BRGO_MODEL:
		return l.Model
	case C.BRGO_FINISH_REASON:
		return l.FinishReason
	case C.BRGO_TOOL_CALLS:
		return container(l.ToolCalls)
	case C.BRGO_RESPONSE:
		return container(l.Response)
	case C.BRGO_ERROR_TYPE:
		return l.Error.Type
	case C.BRGO_ERROR_CODE:
		return l.Error.Code
	}
	return l.Error.Message
}

// container is an object or array; null and others count as none.
func container(raw json.RawMessage) string {
	if len(raw) == 0 || (raw[0] != '{' && raw[0] != '[') {
		return ""
	}
	return string(raw)
}

func (l *line) tokens(which int) int64 {
	count := [...]*int64{l.Usage.Input, l.Usage.Output, l.Usage.Cached, l.Usage.Reasoning}[which]
	if count == nil {
		return -1
	}
	return *count
}
