//go:build cgo

package batchrouter

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVendorsOwnObjectsAreAtHand(t *testing.T) {
	settings := startEmulator(t, "--polls", "1").settings(t)
	router := openRouter(t, Config{Settings: settings})
	job, err := router.Submit(withTimeout(t), manyQuestions(3))
	if err != nil {
		t.Fatal(err)
	}
	var kept []*Result
	inTurn := make(map[string]string)
	err = job.Each(withTimeout(t), func(r *Result) error {
		raw, err := r.Raw()
		inTurn[r.CustomID()] = string(raw)
		kept = append(kept, r)
		return err
	})
	if err != nil || len(kept) != 3 {
		t.Fatal(err, len(kept))
	}
	files, _ := filepath.Glob(filepath.Join(settings["state_dir"], "spool", job.ID(), "*.output.jsonl"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	downloaded, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range kept {
		late, err := r.Raw()
		if err != nil || string(late) != inTurn[r.CustomID()] {
			t.Errorf("%s: %s (%v), in its turn %s", r.CustomID(), late, err, inTurn[r.CustomID()])
		}
		if !bytes.Contains(downloaded, append(late, '\n')) || !strings.Contains(string(late), `"status_code":200`) {
			t.Errorf("%s is no line of what was downloaded", late)
		}
		var row struct {
			ID string `json:"custom_id"`
		}
		if json.Unmarshal(late, &row) != nil || row.ID != r.CustomID() {
			t.Errorf("%s is not the row of %s", late, r.CustomID())
		}
	}
	if row, err := job.ResultRaw("nobody"); row != nil || err != nil {
		t.Error(string(row), err)
	}

	raw, err := job.Raw(0)
	var batch struct{ ID, Status string }
	if err != nil || json.Unmarshal(raw, &batch) != nil || batch.ID != job.Status().BatchIDs[0] || batch.Status != "completed" {
		t.Errorf("%s (%v)", raw, err)
	}
	if raw, err := job.Raw(1); raw != nil || err != nil {
		t.Error(string(raw), err)
	}
	if err := router.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := kept[0].Raw(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
