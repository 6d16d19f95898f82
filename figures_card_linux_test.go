package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// card is a sound card with one clock for a mouth and an ear: what is said to
// Alice is its left channel, what Bob's speaker plays is its right one. It is
// a PulseAudio daemon of its own.
type card struct{ dir string }

// cardConfig has a pair of devices for each phone. Alice has lips and another
// speaker; Bob has a silent microphone and the ear.
const cardConfig = `.fail
load-module module-native-protocol-unix auth-anonymous=1 socket=%[1]s
load-module module-null-sink sink_name=both rate=48000 channels=2 channel_map=front-left,front-right format=s16le norewinds=1
load-module module-remap-sink sink_name=mouth master=both channels=1 channel_map=mono master_channel_map=front-left remix=no
load-module module-remap-sink sink_name=ear master=both channels=1 channel_map=mono master_channel_map=front-right remix=no
load-module module-remap-source source_name=lips master=both.monitor channels=1 channel_map=mono master_channel_map=front-left remix=no
load-module module-null-sink sink_name=other rate=48000 channels=1 format=s16le norewinds=1
load-module module-null-sink sink_name=silence rate=48000 channels=1 format=s16le norewinds=1
load-module module-remap-source source_name=quiet master=silence.monitor channels=1 channel_map=mono
set-default-sink other
set-default-source quiet
`

func newCard(t *testing.T) (*card, error) {
	t.Helper()
	for _, program := range []string{"pulseaudio", "paplay", "parec"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("no virtual sound card: %w", err)
		}
	}
	c := &card{t.TempDir()}
	socket := filepath.Join(c.dir, "native")
	var alsa strings.Builder
	for _, name := range []string{"lips", "other", "quiet", "ear"} {
		fmt.Fprintf(&alsa, "pcm.%s { type pulse server \"unix:%s\" device \"%s\" hint { show on description \"%s\" } }\n", name, socket, name, name)
	}
	for _, f := range []struct{ name, text string }{
		{"asound.conf", alsa.String()},
		{"daemon.pa", fmt.Sprintf(cardConfig, socket)},
	} {
		if err := os.WriteFile(filepath.Join(c.dir, f.name), []byte(f.text), 0o600); err != nil {
			return nil, err
		}
	}
	daemon := launch(t, urgent("pulseaudio", "-n", "-F", filepath.Join(c.dir, "daemon.pa"), "--daemonize=no",
		"--exit-idle-time=600", "--use-pid-file=no", "--disable-shm=yes", "--realtime=no", "--high-priority=no"),
		"HOME="+c.dir, "XDG_RUNTIME_DIR="+c.dir, "PULSE_RUNTIME_PATH="+c.dir, "DBUS_SESSION_BUS_ADDRESS=")
	if !until(func() bool { return exec.Command("pactl", "-s", "unix:"+socket, "info").Run() == nil }) {
		return nil, fmt.Errorf("no virtual sound card: %s", daemon.said())
	}
	return c, nil
}

// env is for programs that use its devices.
func (c *card) env() []string {
	return []string{
		"ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:" + filepath.Join(c.dir, "asound.conf"),
		"PULSE_SERVER=unix:" + filepath.Join(c.dir, "native"), "HOME=" + c.dir,
	}
}

// talk says a file to Alice, and returns what was said and what was heard, on
// one clock.
func (c *card) talk(t *testing.T, file string) (said, heard []int16) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "both.raw")
	recorder := launch(t, urgent("sh", "-c", `exec parec --device=both.monitor --channels=2 --rate=48000 --format=s16le --raw > "$0"`, path), c.env()...)
	until(func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 })
	play := urgent("paplay", "--device=mouth", file)
	play.Env = append(os.Environ(), c.env()...)
	if out, err := play.CombinedOutput(); err != nil {
		t.Fatalf("say %s: %v\n%s", file, err, out)
	}
	<-time.After(time.Second) // the last words are on their way
	recorder.end(syscall.SIGTERM)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for ; len(raw) >= 4; raw = raw[4:] {
		said = append(said, int16(binary.LittleEndian.Uint16(raw)))
		heard = append(heard, int16(binary.LittleEndian.Uint16(raw[2:])))
	}
	return said, heard
}
