package cli

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"tring/audio"
	"tring/calls"
)

// recording is one file that is written, by a goroutine of its own: neither loop
// of the engine waits for a disk.
type recording struct {
	engine *audio.Engine
	tap    *audio.Recorder
	call   calls.ID
	path   string
	file   recordFile
	once   sync.Once
	stop   chan struct{}
	done   chan struct{}
	err    error // once done is closed
}

func newRecording(e *audio.Engine, id calls.ID, path string, file recordFile) *recording {
	return &recording{
		engine: e, tap: audio.NewRecorder(), call: id, path: path, file: file,
		stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// end writes what is left and closes the file.
func (r *recording) end() error {
	r.once.Do(func() { close(r.stop) })
	<-r.done
	return r.err
}

// run writes until end. If it cannot, the call goes on without: failed is called
// and has to end it.
func (r *recording) run(failed func()) {
	err := r.write()
	r.engine.SetTap(nil)
	r.err = errors.Join(err, r.file.Close())
	if lost := r.tap.Lost(); lost > 0 {
		r.err = errors.Join(r.err, fmt.Errorf("recording %q: the disk was too slow for %v of it", r.path, lost))
	}
	close(r.done)
	if err != nil {
		failed()
	}
}

func (r *recording) write() error {
	r.engine.SetTap(r.tap)
	began, pcm := time.Now(), make([]int16, 100*audio.RecordSamples)
	drain := func() error {
		for n := len(pcm); n == len(pcm); {
			n = r.tap.Take(time.Since(began), pcm)
			if err := r.file.Write(pcm[:n]); err != nil {
				return err
			}
		}
		return nil
	}
	look, flush := time.NewTicker(recordLook), time.NewTicker(recordFlush)
	defer look.Stop()
	defer flush.Stop()
	for {
		var err error
		select {
		case <-look.C:
			err = drain()
		case <-flush.C:
			err = r.file.Flush()
		case <-r.stop:
			r.engine.SetTap(nil)
			r.tap.Finish()
			return drain()
		}
		if err != nil {
			return err
		}
	}
}
