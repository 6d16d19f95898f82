package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"tring/audio/ogg"
	"tring/audio/opus"
	"tring/audio/wav"
	"tring/calls"
)

// recordUsage is the help of --record.
const recordUsage = "keep the call's sound in this file: .wav, .opus or .ogg; the other side is told"

// fileName is a flag that names a file. An empty one would seem to have been
// obeyed.
type fileName string

func (f *fileName) String() string { return string(*f) }
func (f *fileName) Type() string   { return "string" }

func (f *fileName) Set(name string) error {
	if name == "" {
		return errors.New("name a file")
	}
	*f = fileName(name)
	return nil
}

const (
	recordLook  = 100 * time.Millisecond // between two looks at what has come
	recordFlush = time.Second            // a killed phone loses no more than this
	noticeTime  = 5 * time.Second        // for the server to take the notice
)

// recordFile is a recording's file, as packages wav and ogg write it.
type recordFile interface {
	Write(pcm []int16) error
	Flush() error
	Close() error
}

// createRecording makes the file; its ending says which kind.
func createRecording(path string) (recordFile, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".wav":
		return wav.Create(path)
	case ".opus", ".ogg":
		return ogg.Create(path, opus.Codec{})
	}
	return nil, fmt.Errorf("recording %q: end its name in .wav, .opus or .ogg", path)
}

// tryRecording says what is wrong with the file of --record, before a call.
func tryRecording(path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return wrongUsage("--record: %q is there already; name another file", path)
	}
	file, err := createRecording(path)
	if err != nil {
		return wrongUsage("--record: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(path))
}

// recorder records the calls of one phone, one at a time. The other side is told
// first: what it cannot be told of is not recorded. Its methods are safe for
// concurrent use.
type recorder struct {
	phone *Phone
	// told hears how a recording ended that nobody ended: with its call, or by an
	// error.
	told func(path string, err error)

	mu     sync.Mutex
	now    *recording
	ending sync.Mutex // so that close waits for an end that is under way
}

func newRecorder(p *Phone, told func(path string, err error)) *recorder {
	r := &recorder{phone: p, told: told}
	p.AddCallListener("recorder", func(e calls.Event) {
		if e.Call.ID != "" && e.Call.Status.Terminal() {
			r.over(e.Call.ID)
		}
	})
	return r
}

// close ends what is recorded.
func (r *recorder) close() {
	r.phone.RemoveCallListener("recorder")
	r.over("")
}

// start tells the others, and records the call from now on.
func (r *recorder) start(ctx context.Context, id calls.ID, path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != nil {
		return fmt.Errorf("record: %q is being written already", r.now.path)
	}
	file, err := createRecording(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	if err := r.phone.Do(ctx, calls.Command{Call: id, Act: calls.SetRecording{On: true}}); err != nil {
		r.tell(id, false)
		return errors.Join(fmt.Errorf("record: the other side cannot be told: %w", err), file.Close(), os.Remove(path))
	}
	r.now = newRecording(r.phone.Engine, id, path, file)
	go r.now.run(func() { r.over(id) })
	return nil
}

// stop ends the recording of a call, and tells the others and which file it is.
func (r *recorder) stop() (path string, err error) {
	r.mu.Lock()
	now := r.now
	r.now = nil
	r.mu.Unlock()
	if now == nil {
		return "", nil
	}
	r.tell(now.call, false)
	return now.path, now.end()
}

// tell tells the others. Nobody waits for it: the phone repeats it after a
// reconnect.
func (r *recorder) tell(id calls.ID, on bool) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), noticeTime)
		defer cancel()
		_ = r.phone.Do(ctx, calls.Command{Call: id, Act: calls.SetRecording{On: on}}) // a call that is over needs none
	}()
}

// over ends the recording of a call that is over, or whose file is full; of any
// call with no id.
func (r *recorder) over(id calls.ID) {
	r.ending.Lock()
	defer r.ending.Unlock()
	r.mu.Lock()
	ours := r.now != nil && (id == "" || r.now.call == id)
	r.mu.Unlock()
	if !ours {
		return
	}
	if path, err := r.stop(); path != "" && r.told != nil {
		r.told(path, err)
	}
}

// recordingName is a file for a call with somebody, that is not there yet.
func recordingName(folder string, peer string, at time.Time) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of recordings: %w", err)
	}
	tame := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r): // or the name is two words to a shell
			return '_'
		case strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ':
			return '-'
		}
		return r
	}, peer)
	return another(filepath.Join(folder, at.Format("2006-01-02_15.04.05_")+tame+".opus")), nil
}

// another is the name, or with a number before its ending where it is taken.
func another(path string) string {
	ending := filepath.Ext(path)
	name := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s_%d%s", strings.TrimSuffix(path, ending), n, ending)
	}
}

// recorded is news about a recording of a command without a screen.
type recorded struct {
	event calls.Event // in JSON; none where it has no name
	words string      // for a person
}

// errNotRecorded is the code of the Error lines about a recording.
const errNotRecorded = "not_recorded"

func notRecorded(err error) recorded {
	text := explain(err)
	return recorded{calls.Event{Name: calls.Failure, Err: &calls.Error{Code: errNotRecorded, Text: text}}, text}
}

// recordTo records the calls of this phone from now on: the first in this file,
// others beside it. No file is no recording.
func (w *watch) recordTo(path string) {
	if path == "" {
		return
	}
	w.recordPath, w.recordings = path, make(chan recorded, 8)
	w.recorder = newRecorder(w.phone, func(path string, err error) {
		news := recorded{words: fmt.Sprintf("Recorded in %s.", path)}
		if err != nil {
			news = notRecorded(fmt.Errorf("the recording is cut short: %w", err))
		}
		w.recordings <- news
	})
}

// record begins to record a call that was answered. The server is asked aside.
func (w *watch) record(c calls.Call) {
	if w.recorder == nil {
		return
	}
	path, me := another(w.recordPath), w.phone.Snapshot().Me.User
	go func() {
		news := recorded{calls.Event{Name: calls.RecordingStarted, Call: c, User: me}, fmt.Sprintf("Recording to %s; they are told.", path)}
		if err := w.recorder.start(context.Background(), c.ID, path); err != nil {
			news = notRecorded(err)
		}
		select {
		case w.recordings <- news:
		case <-w.done:
		}
	}()
}

// tellRecorded says the news.
func (w *watch) tellRecorded(r recorded) {
	switch {
	case w.printer.json == nil:
		w.printer.say("%s", r.words)
	case r.event.Name != "":
		w.print(r.event)
	}
}

// endRecording makes the file whole, and says what is left to say.
func (w *watch) endRecording() {
	if w.recorder == nil {
		return
	}
	w.recorder.close()
	for {
		select {
		case news := <-w.recordings:
			w.tellRecorded(news)
		default:
			return
		}
	}
}
