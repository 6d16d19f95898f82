package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"tring/ui"
)

// logEnd is how much of the end of the log the screen shows.
const logEnd = 256 << 10

// readLog is ui.LogReader for the log file. A file that does not answer is
// waited for as long as ctx.
func readLog(path string) ui.LogReader {
	type answer struct {
		page ui.LogPage
		err  error
	}
	return func(ctx context.Context, known int64) (ui.LogPage, error) {
		read := make(chan answer, 1)
		go func() {
			page, err := logPage(path, known)
			read <- answer{page, err}
		}()
		select {
		case a := <-read:
			return a.page, a.err
		case <-ctx.Done():
			return ui.LogPage{}, fmt.Errorf("read %s: %w", path, ctx.Err())
		}
	}
}

// logPage reads the end of the log, unless it has the known size. What is being
// written is left for the next time: lines end with a newline.
func logPage(path string, known int64) (page ui.LogPage, err error) {
	page.Path = path
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return page, nil
	}
	if err != nil {
		return page, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return page, err
	}
	if page.Size = info.Size(); page.Size == known {
		return page, nil
	}
	from := max(page.Size-logEnd, 0)
	data, err := io.ReadAll(io.NewSectionReader(f, from, page.Size-from))
	if err != nil {
		return page, fmt.Errorf("read %s: %w", path, err)
	}
	page.Lines, page.Cut = logLines(data, from), from > 0
	return page, nil
}

// logLines reads the lines of a log from an offset on; where that is not its
// beginning, the first line has lost its own.
func logLines(data []byte, from int64) (lines []ui.LogLine) {
	if first := bytes.IndexByte(data, '\n') + 1; from > 0 {
		data, from = data[first:], from+int64(first)
	}
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return lines
		}
		if line, ok := logLine(data[:end], from); ok {
			lines = append(lines, line)
		}
		data, from = data[end+1:], from+int64(end)+1
	}
}

// logLine reads one line: an object as log/slog writes it, or whatever a library
// printed, which says nothing of its time. False if it is empty.
func logLine(data []byte, offset int64) (ui.LogLine, bool) {
	line := ui.LogLine{Offset: offset, Text: strings.TrimSpace(string(data))}
	var words []string
	err := eachField(data, func(name string, value json.RawMessage) {
		text := string(value)
		var s string
		if json.Unmarshal(value, &s) == nil {
			text = s
		}
		switch name {
		case slog.TimeKey:
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				line.At = at
			}
		case slog.LevelKey:
			if line.Level.UnmarshalText([]byte(text)) != nil {
				line.Level = slog.LevelInfo
			}
		case slog.MessageKey:
			words = append([]string{text}, words...)
		default:
			words = append(words, name+"="+text)
		}
	})
	if err == nil {
		line.Text = strings.Join(words, "  ")
	} else if strings.HasPrefix(line.Text, "panic:") || strings.HasPrefix(line.Text, "fatal error:") {
		line.Level = slog.LevelError // the runtime's last words
	}
	return line, line.Text != ""
}

// eachField reads a JSON object in the order in which it was written.
func eachField(data []byte, take func(name string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("no object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if name, ok := name.(string); ok {
			take(name, value)
		}
	}
	_, err := d.Token()
	return err
}
