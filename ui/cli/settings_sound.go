package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/audio/portaudio"
	"tring/ui"
)

// Devices implements ui.Sounder. The system may take longer than ctx; then it
// is not waited for.
func (d *desk) Devices(ctx context.Context) (ui.SoundDevices, error) {
	type answer struct {
		found []portaudio.DeviceInfo
		err   error
	}
	answers := make(chan answer, 1)
	d.phone.Guard.Go(func() {
		found, err := portaudio.List()
		answers <- answer{found, err}
	})
	all := ui.SoundDevices{Canceller: d.processing.canCancel()}
	if d.processing != nil {
		all.Hears, all.Plays = d.processing.devices(ctx)
	}
	select {
	case a := <-answers:
		all.Microphones = namesOf(a.found, func(i portaudio.DeviceInfo) int { return i.Inputs })
		all.Speakers = namesOf(a.found, func(i portaudio.DeviceInfo) int { return i.Outputs })
		return all, a.err
	case <-ctx.Done():
		return all, fmt.Errorf("list sound devices: %w", ctx.Err())
	}
}

// namesOf are the devices that have channels of this kind, each once.
func namesOf(found []portaudio.DeviceInfo, channels func(portaudio.DeviceInfo) int) []string {
	var names []string
	for _, i := range found {
		if channels(i) > 0 && !slices.Contains(names, i.Name) {
			names = append(names, i.Name)
		}
	}
	return names
}

// try makes an engine of its own to try the sound out, one at a time: the phone
// itself is not disturbed. What it returns ends it.
func (d *desk) try(ctx context.Context) (*audio.Engine, audio.Device, func(), error) {
	select {
	case d.bench <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, nil, ctx.Err()
	}
	d.mu.Lock()
	device, c := d.device, audio.Config{Device: d.device, Ring: d.bell, Gain: d.settings.Sound.Gain, Codec: opus.Codec{}, Log: d.log}
	sound := d.settings.Sound
	d.mu.Unlock()
	c.Tones, _ = tonesOf(sound, d.getenv) // what is wrong with the bell was told when it was set
	engine := audio.NewEngine(c)
	return engine, device, func() {
		if err := engine.Close(); err != nil {
			d.log.Warn("settings: " + err.Error())
		}
		<-d.bench
	}, nil
}

// keepMost is the longest sound that PlayBack needs.
const keepMost = 10 * time.Second

// Hear implements ui.Sounder. There is no processing: the microphone itself is
// judged.
func (d *desk) Hear(ctx context.Context, long time.Duration) (audio.Recording, error) {
	engine, _, end, err := d.try(ctx)
	if err != nil {
		return audio.Recording{}, err
	}
	defer end()
	d.tried.Store(engine)
	pcm, fault := hear(ctx, engine, long, min(long, keepMost), func() {})
	d.tried.Store(nil)
	if err := ctx.Err(); err != nil {
		return audio.Recording{}, err
	}
	d.heard = pcm
	heard := audio.Judge(pcm)
	if fault != "" && heard.Verdict == audio.NoSignal {
		return heard, fmt.Errorf("%s", fault)
	}
	return heard, nil
}

// Level implements ui.Sounder.
func (d *desk) Level() float64 {
	if engine := d.tried.Load(); engine != nil {
		return engine.Levels().In
	}
	return audio.Floor
}

// PlayBack implements ui.Sounder.
func (d *desk) PlayBack(ctx context.Context) error {
	_, device, end, err := d.try(ctx)
	if err != nil {
		return err
	}
	defer end()
	return playBack(ctx, device, d.heard)
}

// ringMost is as much of a long bell as a trial rings.
const ringMost = 6 * time.Second

// Ring implements ui.Sounder.
func (d *desk) Ring(ctx context.Context) error {
	engine, _, end, err := d.try(ctx)
	if err != nil {
		return err
	}
	defer end()
	long := bellTime
	if d.inForce().Sound.RingTone != "" {
		long = ringMost
	}
	engine.Play(audio.ToneRing)
	select {
	case <-time.After(long):
	case <-ctx.Done():
	}
	fault := engine.Levels().Fault
	engine.StopTone()
	if fault != "" && ctx.Err() == nil {
		return fmt.Errorf("%s", fault)
	}
	return nil
}
