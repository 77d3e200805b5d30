//go:build browser

package reports_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browser is a Chromium that is spoken to through a pair of pipes, in the DevTools protocol: JSON ended by a zero byte.
type browser struct {
	to       *os.File
	from     *bufio.Reader
	session  string
	last     int
	requests []string // what its page asked for
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no Chromium: install it (apt-get install chromium) or name one in CHROMIUM")
	}
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	args := []string{"--headless", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--no-first-run", "--disable-gpu",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server"}
	if os.Getuid() == 0 { // its sandbox does not start as root; the pages are our own
		args = append(args, "--no-sandbox")
	}
	c := exec.CommandContext(ctx, path, append(args, "about:blank")...)
	c.ExtraFiles = []*os.File{in, out} // 3 and 4
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		b.session = ""
		b.call(t, "Browser.close", nil)
		_ = c.Wait() // it may end by a signal
		cancel()
		to.Close()
		from.Close()
	})
	var target struct{ TargetID string }
	var session struct{ SessionID string }
	b.into(t, &target, "Target.createTarget", map[string]any{"url": "about:blank"})
	b.into(t, &session, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = session.SessionID
	b.call(t, "Page.enable", nil)
	return b
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// call sends a command and gives its result.
func (b *browser) call(t *testing.T, method string, params any) json.RawMessage {
	t.Helper()
	b.last++
	out, err := json.Marshal(message{ID: b.last, SessionID: b.session, Method: method, Params: params})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.to.Write(append(out, 0)); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	for {
		if m := b.read(t); m.ID == b.last {
			if m.Error != nil {
				t.Fatalf("%s: %s", method, m.Error)
			}
			return m.Result
		}
	}
}

func (b *browser) into(t *testing.T, v any, method string, params any) {
	t.Helper()
	if err := json.Unmarshal(b.call(t, method, params), v); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

// read takes the next message and notes a request.
func (b *browser) read(t *testing.T) message {
	t.Helper()
	raw, err := b.from.ReadBytes(0)
	if err != nil {
		t.Fatalf("the browser ended: %v", err)
	}
	var m struct {
		message
		Params struct {
			Request struct{ URL string }
		} `json:"params"`
	}
	if err := json.Unmarshal(raw[:len(raw)-1], &m); err != nil {
		t.Fatal(err)
	}
	if m.Method == "Network.requestWillBeSent" {
		b.requests = append(b.requests, m.Params.Request.URL)
	}
	return m.message
}

// open loads a page and waits until all of it is there.
func (b *browser) open(t *testing.T, url string) {
	t.Helper()
	b.call(t, "Page.navigate", map[string]any{"url": url})
	for b.evaluate(t, "document.readyState + location.href") != "complete"+url {
		time.Sleep(5 * time.Millisecond)
	}
}

func (b *browser) evaluate(t *testing.T, script string) string {
	t.Helper()
	var answer struct {
		Result           struct{ Value string }
		ExceptionDetails json.RawMessage
	}
	b.into(t, &answer, "Runtime.evaluate", map[string]any{"expression": script})
	if answer.ExceptionDetails != nil {
		t.Fatalf("%s", answer.ExceptionDetails)
	}
	return answer.Result.Value
}

// show sets the width in CSS pixels, "screen" or "print", and "light" or "dark".
func (b *browser) show(t *testing.T, width int, media, scheme string) {
	t.Helper()
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false})
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{"media": media, "features": []map[string]string{
		{"name": "prefers-color-scheme", "value": scheme}}})
}
