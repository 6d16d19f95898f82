package audio_test

import (
	"math"
	"os/exec"
	"path/filepath"
	"testing"

	"tring/audio"
	"tring/audio/opus"
	"tring/audio/score"
	"tring/audio/wav"
)

// speech is so many seconds of a human voice: the words that alsa-utils brings,
// or a synthetic voice where it is not installed.
func speech(t testing.TB, seconds int) []int16 {
	t.Helper()
	files, err := filepath.Glob("/usr/share/sounds/alsa/[FRS]*.wav")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("NO HUMAN VOICE: alsa-utils is not installed, a synthetic one is used")
		files = []string{synthetic(t)}
	}
	var words, pcm []int16
	for _, file := range files {
		word, err := wav.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, word...)
	}
	for len(pcm) < seconds*audio.Rate {
		pcm = append(pcm, words...)
	}
	return pcm[:seconds*audio.Rate]
}

func synthetic(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "voice.wav")
	err := exec.Command("espeak-ng", "-w", file, "The quick brown fox jumps over the lazy dog. "+
		"How vexingly quick daft zebras jump, while nine wizards box.").Run()
	if err != nil {
		t.Skipf("SKIPPED, nothing was tested: there is neither alsa-utils nor espeak-ng: %v", err)
	}
	return file
}

// encode is the packets of a sound, 20 ms each.
func encode(t testing.TB, sound []int16, coding audio.Coding) (packets [][]byte) {
	t.Helper()
	encoder, err := opus.Codec{}.NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	if err := encoder.Configure(coding); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, audio.MaxPayload)
	for ; len(sound) >= audio.PacketSamples; sound = sound[audio.PacketSamples:] {
		n, err := encoder.Encode(sound[:audio.PacketSamples], buffer)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, append([]byte(nil), buffer[:n]...))
	}
	return packets
}

// over is a voice that went over a network, and what was heard of it.
func over(t testing.TB, way audio.Way) audio.Played {
	t.Helper()
	decoder, err := opus.Codec{}.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return way.Play(decoder)
}

// What the far side sends when it hears of so much loss.
var (
	calm  = audio.Coding{Bitrate: 32000, Complexity: 5}
	minor = audio.Coding{Bitrate: 32000, Loss: 1, FEC: true, Complexity: 8}
	heavy = audio.Coding{Bitrate: 48000, Loss: 20, FEC: true, Complexity: 8}
)

// TestNetworkBudgets holds the buffer to what a listener may lose and wait for
// on each of the recorded networks.
func TestNetworkBudgets(t *testing.T) {
	needCodec(t)
	tests := []struct {
		trace     string
		coding    audio.Coding
		delay     float64 // mean, ms, at most
		concealed float64 // percent, at most
	}{
		{"clean", calm, 20, 0},
		{"wifi", minor, 45, 0.8},
		{"lte", minor, 110, 1.2},
		{"spikes", minor, 125, 4.4},
		{"lone-spike", calm, 30, 0.7},
		{"calm-bad-calm", minor, 85, 1},
	}
	sound := speech(t, 60)
	packets := map[audio.Coding][][]byte{calm: encode(t, sound, calm), minor: encode(t, sound, minor)}
	for _, test := range tests {
		t.Run(test.trace, func(t *testing.T) {
			t.Parallel()
			h := over(t, audio.Way{Packets: packets[test.coding], Trace: audio.ReadTrace(t, test.trace)})
			t.Logf("%.0f ms of delay, %.2f %% concealed; %+v", h.Mean(), h.Concealed(), h.Stats)
			if h.Mean() > test.delay || h.Concealed() > test.concealed {
				t.Errorf("%.0f ms of delay and %.2f %% concealed, want %.0f ms and %.1f %% at most",
					h.Mean(), h.Concealed(), test.delay, test.concealed)
			}
		})
	}
}

// TestSpeechIsStretchedUnheard plays a voice by clocks far apart, so that a
// hundredth of it is left out, or added, all the time.
func TestSpeechIsStretchedUnheard(t *testing.T) {
	needCodec(t)
	if audio.Raced {
		t.Skip("SKIPPED under the race detector: measuring speech takes minutes there")
	}
	sound := speech(t, 11)
	packets := encode(t, sound, calm)
	plain := over(t, audio.Way{Packets: packets, Trace: audio.ReadTrace(t, "clean")})
	for _, drift := range []float64{-0.01, 0.01} {
		h := over(t, audio.Way{Packets: packets, Trace: audio.ReadTrace(t, "clean"), Drift: drift})
		stoi := score.STOI(sound, score.Straighten(sound, h.PCM, score.Align(sound, h.PCM)))
		t.Logf("drift %+g: STOI %.3f, %.1f ms of delay; %+v", drift, stoi, h.Mean(), h.Stats)
		if moved := h.Stats.Accelerated + h.Stats.Expanded; moved < 3000 || h.Stats.Concealed > 12 {
			t.Errorf("drift %+g: %d samples stretched, %d frames concealed", drift, moved, h.Stats.Concealed)
		}
		if stoi < 0.95 {
			t.Errorf("drift %+g: STOI %.3f, want 0.95", drift, stoi)
		}
		if got, most := sharpest(h.PCM), sharpest(plain.PCM); got > most*1.1 {
			t.Errorf("drift %+g: an edge of %.0f, where the voice itself has %.0f at most", drift, got, most)
		}
	}
}

// sharpest is the largest second difference: a click is sharper than a voice.
func sharpest(pcm []int16) (most float64) {
	for i := 2; i < len(pcm); i++ {
		most = max(most, math.Abs(float64(pcm[i])-2*float64(pcm[i-1])+float64(pcm[i-2])))
	}
	return most
}

// TestSpeechIsUnderstoodInSpiteOfLoss compares what was said with what is
// heard, by STOI.
func TestSpeechIsUnderstoodInSpiteOfLoss(t *testing.T) {
	needCodec(t)
	if audio.Raced {
		t.Skip("SKIPPED under the race detector: measuring speech takes minutes there")
	}
	tests := []struct {
		name   string
		trace  string
		copies int
		least  float64
		delay  float64
	}{
		{"a tenth lost", "random-10", 0, 0.98, 45},
		{"a fifth lost, in bursts of three", "bursts-20", 0, 0.91, 45},
		{"the same with two copies of each packet", "bursts-20", 2, 0.96, 85},
	}
	sound := speech(t, 22)
	packets := encode(t, sound, heavy)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := over(t, audio.Way{Packets: packets, Trace: audio.ReadTrace(t, test.trace), Copies: test.copies})
			stoi := score.STOI(sound, score.Straighten(sound, h.PCM, score.Align(sound, h.PCM)))
			t.Logf("STOI %.3f, %.0f ms of delay, %.2f %% concealed; %+v", stoi, h.Mean(), h.Concealed(), h.Stats)
			if stoi < test.least || h.Mean() > test.delay {
				t.Errorf("STOI %.3f and %.0f ms of delay, want %.2f at least and %.0f ms at most", stoi, h.Mean(), test.least, test.delay)
			}
		})
	}
}
