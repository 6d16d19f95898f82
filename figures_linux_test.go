package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/wav"
)

// TestSoundFigures measures whole calls: two phones, a server, the real media
// session, and a network of any weather between them. It puts the figures into
// the table of docs/sound.md. TRING_SOUND names the program tring.
//
//	make sound
func TestSoundFigures(t *testing.T) {
	tring := os.Getenv("TRING_SOUND")
	if tring == "" {
		t.Skip("takes a quarter of an hour and a quiet machine: make sound")
	}
	b := &bench{table: readTable(t, filepath.Join("docs", "sound.md")), tring: tring}
	var err error
	if b.network, err = newNetwork(t); err != nil {
		t.Skip(err)
	}
	b.spoken = spokenText(t)
	b.file = filepath.Join(t.TempDir(), "spoken.wav")
	if err := wav.Write(b.file, b.spoken); err != nil {
		t.Fatal(err)
	}
	b.phones = tringPair(t, b.network, tring)
	t.Cleanup(func() { b.table.write(t) })
	t.Run("files", b.files)
	t.Run("devices", b.devices)
	t.Run("steps", b.steps)
	t.Run("receiver", b.receiver)
}

// bench is what all measurements share.
type bench struct {
	tring   string
	network *network
	phones  pair
	spoken  []int16
	file    string
	table   *table
}

// least is what packets and codec take from any telephone with packets of 20 ms:
// what is above is delay that the network and the buffers added.
const least = packetTime + 6500*time.Microsecond

// files measures with files as microphones and speakers.
func (b *bench) files(t *testing.T) {
	for _, name := range weathers {
		t.Run(name, func(t *testing.T) {
			w := readWeather(t, name)
			f := b.fileCall(t, w, packetTime)
			set := func(what, format string, v ...any) { b.table.set(what, 0, fmt.Sprintf(format, v...)) }
			added := f.mean - least
			switch w.name {
			case "clean":
				set("mouth to ear, files", "%.0f ms", ms(f.delay))
				set("STOI, clean", "%.3f", f.stoi)
				set("CPU of a phone in a call, files", "%.1f %%", f.cpu)
			case "wifi":
				set("Wi-Fi with 1 % loss, mean added delay", "%.0f ms", ms(added))
				set("Wi-Fi with 1 % loss, concealed", "%.2f %%", f.concealed)
			case "lte":
				set("LTE with 1 % loss, mean added delay", "%.0f ms", ms(added))
				set("LTE with 1 % loss, concealed", "%.2f %%", f.concealed)
			case "spikes":
				set("spikes of 120–300 ms, mean added delay", "%.0f ms", ms(added))
				set("spikes of 120–300 ms, concealed", "%.2f %%", f.concealed)
			case "lone-spike":
				set("added delay back under 80 ms after a lone spike", "%.1f s", f.recovery().Seconds())
			case "random-10":
				set("10 % random loss, STOI", "%.3f", f.stoi)
			case "bursts-20":
				set("20 % loss in bursts of 3, STOI", "%.3f", f.stoi)
			}
		})
	}
	t.Run("low-delay", func(t *testing.T) {
		f := b.fileCall(t, readWeather(t, "clean"), packetTime/2, "TRING_AUDIO_LOW_DELAY=true")
		b.table.set("mouth to ear, files, low delay", 0, fmt.Sprintf("%.0f ms", ms(f.delay)))
	})
	t.Run("baresip", func(t *testing.T) {
		if !installed("baresip") {
			t.Skip("baresip is not installed (baresip-core)")
		}
		b.network.begin(readWeather(t, "clean"))
		// It has no player of files; this one takes nothing and costs nothing.
		sound := "aufile," + b.file + " aubridge,nobody"
		alice, bob := baresipPair(t, b.network, 0).start(t, [2]string{sound, sound})
		cpu := b.pass(alice, bob, samples(len(b.spoken)))
		t.Logf("baresip, files: CPU %.1f %%", cpu)
		b.table.set("CPU of a phone in a call, files", 2, fmt.Sprintf("%.1f %%", cpu))
		alice.end(syscall.SIGINT)
		bob.end(syscall.SIGINT)
	})
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// fileCall is one call, of which Bob's ear is measured.
func (b *bench) fileCall(t *testing.T, w weather, packet time.Duration, env ...string) figures {
	heard := filepath.Join(t.TempDir(), "heard.wav")
	b.network.begin(w)
	ear := listenTo(heard)
	alice, bob := b.phones.start(t, [2]string{"wav:" + b.file + ",", "wav:," + heard}, env...)
	cpu := b.pass(alice, bob, samples(len(b.spoken)))
	alice.end(syscall.SIGINT)
	bob.end(syscall.SIGINT)
	pcm, err := wav.Read(heard)
	if err != nil {
		t.Fatal(err)
	}
	said, err := mouthOf(b.spoken, b.network.seen(0))
	if err != nil {
		t.Fatal(err)
	}
	since, err := ear.heardSince()
	if err != nil {
		t.Fatal(err)
	}
	from := samples(said.first*said.size) + calm*packet + warning
	f := judge(b.spoken, pcm, func(at int) time.Duration { return since.Sub(said.saidSince(at)) }, from)
	f.spike = samples((said.first + calm + loneSpike) * said.size)
	f.cpu = cpu
	f.concealed = b.phones.stats(bob).concealedPercent(packet)
	t.Logf("files, %s: mouth to ear p50 %.1f ms, mean %.1f ms, found %.0f %%, STOI %.3f, LSD %.1f dB, concealed %.2f %%, CPU %.1f %%; %+v",
		w.name, ms(f.delay), ms(f.mean), 100*f.found, f.stoi, f.lsd, f.concealed, f.cpu, b.phones.stats(bob))
	return f
}

// pass lets a call go on for so long, and returns the processor time of the mean
// phone, in percent of a core.
func (b *bench) pass(alice, bob *program, long time.Duration) float64 {
	began, before := time.Now(), alice.spent()+bob.spent()
	<-time.After(long)
	return 100 * float64(alice.spent()+bob.spent()-before) / float64(2*time.Since(began))
}

// concealedPercent is the part of the sound that was guessed, of what came after
// the calm beginning.
func (m mediaFigures) concealedPercent(packet time.Duration) float64 {
	frames := (m.Received + m.Lost - calm) * float64(packet/audio.FrameDuration)
	return 100 * m.Concealed / max(frames, 1)
}

// recovery is how long after the lone spike began the first piece was spoken whose
// added delay is under 80 ms again.
func (f figures) recovery() time.Duration {
	for _, p := range f.pieces {
		into := samples(p.At) - f.spike
		if into > 300*time.Millisecond && samples(p.Delay)-least < 80*time.Millisecond {
			return into
		}
	}
	return time.Hour // not in this call
}

// devices measures through PulseAudio's devices, tring and baresip in turn.
func (b *bench) devices(t *testing.T) {
	for _, name := range weathers {
		t.Run(name, func(t *testing.T) {
			w := readWeather(t, name)
			for column, peer := range b.peers(t, w) {
				f, err := b.deviceCall(t, w, peer)
				if err != nil {
					t.Skip(err)
				}
				set := func(what, format string, v ...any) { b.table.set(what, 2*column, fmt.Sprintf(format, v...)) }
				words := "virtual devices"
				if name == "clean" {
					set("CPU of a phone in a call, "+words, "%.1f %%", f.cpu)
				} else {
					words += ", " + name
				}
				set("mouth to ear, "+words, "%.0f ms", ms(f.delay))
				set("STOI, "+words, "%.3f", f.stoi)
			}
		})
	}
}

// peers are tring and, where it is installed, baresip.
func (b *bench) peers(t *testing.T, w weather) []peer {
	all := []peer{{b.phones, [2]string{"in=lips,out=other", "in=quiet,out=ear"}}}
	if !installed("baresip") {
		t.Log("baresip is not installed (baresip-core): nothing to compare with")
		return all
	}
	loss := map[string]int{"wifi": 1, "lte": 1, "random-10": 10, "bursts-20": 20}[w.name]
	return append(all, peer{baresipPair(t, b.network, loss), [2]string{"alsa,lips alsa,other", "alsa,quiet alsa,ear"}})
}

// peer is a pair of phones and what each calls its devices.
type peer struct {
	pair
	sound [2]string
}

func (b *bench) deviceCall(t *testing.T, w weather, p peer) (figures, error) {
	card, err := newCard(t)
	if err != nil {
		return figures{}, err
	}
	b.network.begin(w)
	env := append(card.env(), "TRING_AUDIO_CANCELLER=off", "TRING_AUDIO_NOISE=off", "TRING_AUDIO_LEVEL=false")
	alice, bob := p.start(t, p.sound, env...)
	began, before := time.Now(), alice.spent()+bob.spent()
	said, heard := card.talk(t, b.file)
	cpu := 100 * float64(alice.spent()+bob.spent()-before) / float64(2*time.Since(began))
	alice.end(syscall.SIGINT)
	bob.end(syscall.SIGINT)
	f := judge(said, heard, func(int) time.Duration { return 0 }, calm*packetTime+warning)
	f.cpu, f.concealed = cpu, p.stats(bob).concealedPercent(packetTime)
	t.Logf("%s, devices, %s: mouth to ear p50 %.1f ms, mean %.1f ms, found %.0f %%, STOI %.3f, LSD %.1f dB, concealed %.2f %%, CPU %.1f %%",
		p.name, w.name, ms(f.delay), ms(f.mean), 100*f.found, f.stoi, f.lsd, f.concealed, f.cpu)
	return f, nil
}
