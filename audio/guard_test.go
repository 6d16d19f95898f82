package audio_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/guard"
)

// bomb is a device in which one thing panics.
type bomb struct {
	rig
	where string
}

func (b *bomb) at(where string) {
	if b.where == where {
		panic(where)
	}
}

func (b *bomb) OpenSource() (audio.SourceCloser, error) {
	b.at("open microphone")
	e, err := b.rig.openEnd(&b.sources)
	return bombEnd{e, b}, err
}

func (b *bomb) OpenSink() (audio.SinkCloser, error) {
	b.at("open speaker")
	e, err := b.rig.openEnd(&b.sinks)
	return bombEnd{e, b}, err
}

type bombEnd struct {
	*end
	bomb *bomb
}

func (e bombEnd) Read(f audio.Frame) error  { e.bomb.at("microphone"); return e.end.Read(f) }
func (e bombEnd) Write(f audio.Frame) error { e.bomb.at("speaker"); return e.end.Write(f) }

// TestAPanicIsTheGuards: wherever in an engine it is, the guard has it, the engine
// closes, and no device stays open.
func TestAPanicIsTheGuards(t *testing.T) {
	needCodec(t)
	for _, where := range []string{"open microphone", "open speaker", "microphone", "speaker", "send"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				device := &bomb{where: where}
				var failures []any
				e := audio.NewEngine(audio.Config{
					Device: device, Codec: opus.Codec{},
					Guard: guard.New(func(reason any, _ []byte) { failures = append(failures, reason) }),
				})
				e.Play(audio.ToneRingback)
				_ = e.StartCapture(func(audio.Packet) { device.at("send") }) // it may well miss the microphone
				elapse(time.Second)
				closeAll(t, e)
				synctest.Wait()
				if len(failures) == 0 || failures[0] != where {
					t.Errorf("the guard was told %v", failures)
				}
				if _, sources, sinks := device.counts(); sources+sinks != 0 {
					t.Errorf("%d microphones and %d speakers stay open", sources, sinks)
				}
			})
		})
	}
}
