package apm_test

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/wav"
)

// A scene is a room with a speaker and a microphone: first the far side talks
// alone, then both do, then the near side alone.
//
//	0        15 s          28 s       33 s
//	far ──────┴─ far, near ─┴─ near ───┘
type scene struct {
	echo float64 // dB, of the speaker's sound at the microphone
	torn bool    // a small speaker that is turned up: it clips softly
	jump bool    // at 8 s the way of the sound gets 37 ms longer
}

const (
	farAlone  = 15 * audio.Rate
	bothUntil = 28 * audio.Rate
	sceneEnd  = 33 * audio.Rate

	roomNoise = -66.0 // dBFS
	farLevel  = -20.0 // dBFS RMS
	nearLevel = -38.0 // so soft that the echo alone brings STOI down to .55
	knee      = 12000 // of a torn speaker
	roomDecay = 120   // ms until the room's answer has gone
	pathDelay = 80 * time.Millisecond
)

const (
	farText = "The north wind and the sun were arguing which of them was the stronger, when a traveller came along " +
		"wrapped in a warm cloak. They agreed that the one who first made the traveller take his cloak off should be " +
		"considered stronger than the other."
	nearText = "Please call Stella. Ask her to bring these things with her from the store: six spoons of fresh snow peas, " +
		"five thick slabs of blue cheese, and maybe a snack for her brother Bob."
)

var spoken sync.Map // of voice and text: speaking takes a moment

// speech is so many samples of a voice without pauses between the sentences'
// repetitions, at a level in dBFS RMS.
func speech(t testing.TB, voice, text string, level float64, n int) []float64 {
	t.Helper()
	pcm, ok := spoken.Load(voice + text)
	if !ok {
		file := filepath.Join(t.TempDir(), "speech.wav")
		if out, err := exec.Command("espeak-ng", "-v", voice, "-w", file, text).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED, nothing was tested: espeak-ng does not speak: %v %s", err, out)
		}
		read, err := wav.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		pcm = read
		spoken.Store(voice+text, pcm)
	}
	words := pcm.([]int16)
	sum := 0.0
	for _, v := range words {
		sum += float64(v) * float64(v)
	}
	scale := 32768 * math.Pow(10, level/20) / math.Sqrt(sum/float64(len(words)))
	out := make([]float64, n)
	for i := range out {
		out[i] = scale * float64(words[i%len(words)])
	}
	return out
}

// answer is the room's to a click: noise that dies away, of unit energy. Few
// echoes stand for many, so that the scene is quickly made.
func answer(r *rand.Rand) (taps []float64, at []int) {
	const n, reach = 40, roomDecay * audio.Rate / 1000
	energy := 0.0
	for i := range n {
		lag := 0
		if i > 0 {
			lag = r.IntN(reach)
		}
		v := r.NormFloat64() * math.Exp(-4*float64(lag)/reach)
		if i == 0 {
			v = 2 // the direct way
		}
		taps, at = append(taps, v), append(at, lag)
		energy += v * v
	}
	for i := range taps {
		taps[i] /= math.Sqrt(energy)
	}
	return taps, at
}

// make returns what the speaker plays, what the microphone hears, and of that
// the near voice alone.
func (s scene) make(t testing.TB) (far, heard, near []int16) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	loud := speech(t, "en-us", farText, farLevel, bothUntil)
	voice := speech(t, "en-gb+f3", nearText, nearLevel, sceneEnd-farAlone)
	far, heard, near = make([]int16, sceneEnd), make([]int16, sceneEnd), make([]int16, sceneEnd)
	for i, v := range loud {
		far[i] = clip(v)
	}
	for i, v := range voice {
		near[farAlone+i] = clip(v)
	}
	echo := s.reflect(far, r)
	noise := 32768 * math.Pow(10, roomNoise/20)
	for i := range heard {
		heard[i] = clip(echo[i] + float64(near[i]) + noise*r.NormFloat64())
	}
	return far, heard, near
}

// reflect is the speaker's sound as the microphone hears it.
func (s scene) reflect(far []int16, r *rand.Rand) []float64 {
	taps, at := answer(r)
	echo := make([]float64, len(far))
	gain := math.Pow(10, s.echo/20)
	delay := int(pathDelay.Seconds() * audio.Rate)
	played := make([]float64, len(far))
	for i, v := range far {
		if played[i] = gain * float64(v); s.torn {
			played[i] = gain * knee * math.Tanh(float64(v)/knee)
		}
	}
	const jump = 8 * audio.Rate
	later := delay
	if s.jump {
		later += 37 * audio.Rate / 1000
	}
	for k, tap := range taps {
		add(echo[delay+at[k]:], played[:jump], tap)
		add(echo[jump+later+at[k]:], played[jump:], tap)
	}
	return echo
}

// add adds x, so much louder, as far as there is room. The race detector would
// make it twenty times slower.
//
//go:norace
func add(to, x []float64, gain float64) {
	n := min(len(to), len(x))
	x = x[:n]
	for i := range to[:n] {
		to[i] += gain * x[i]
	}
}

// through runs a scene through a processor, 10 ms at a time, as an engine does.
func through(p audio.Processor, far, heard []int16, delay time.Duration) []int16 {
	out := append([]int16(nil), heard...)
	for at := 0; at+audio.FrameSamples <= len(out); at += audio.FrameSamples {
		p.Render(far[at:][:audio.FrameSamples])
		p.Capture(out[at:][:audio.FrameSamples], delay)
	}
	return out
}

func clip(v float64) int16 { return int16(math.Round(min(max(v, -32768), 32767))) }

// energy of a stretch of seconds, in dBFS.
func energy(pcm []int16, from, to float64) float64 {
	sum := 0.0
	part := pcm[int(from*audio.Rate):int(to*audio.Rate)]
	for _, v := range part {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/float64(len(part))/(32768*32768)+1e-12)
}
