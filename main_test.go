//go:build unix

package main

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this program as the command tring, and as
// tring-breaks, whose clock panics once there is a file named broken.
func TestMain(m *testing.M) {
	os.Exit(testscript.RunMain(m, map[string]func() int{"tring": run, "tring-breaks": func() int { return runBy(fragile) }}))
}

func fragile() time.Time {
	if _, err := os.Stat("broken"); err == nil {
		panic("the clock is broken")
	}
	return time.Now()
}

// TestScripts runs the manual: real servers and phones, as processes. Beside
// the commands of testscript, the scripts know those of script_test.go.
func TestScripts(t *testing.T) { scripts(t, "testdata/script") }

// TestSoundScripts runs what has sound cards, when nothing else of the manual runs:
// PortAudio gives a device up that a busy machine lets wait.
func TestSoundScripts(t *testing.T) { scripts(t, "testdata/sound") }

func scripts(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{
		Dir:   folder,
		Setup: setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"as":         as,
			"start":      start,
			"waitline":   waitLine,
			"kill":       kill,
			"ends":       ends,
			"exits":      exits,
			"eventually": eventually,
			"port":       port,
			"mktone":     makeTone,
			"tone":       tone,
			"unbroken":   unbroken,
			"people":     people,
			"serve":      serve,
			"last":       last,
			"lines":      lines,
			"type":       typeLine,
			"screen":     screen,
			"press":      press,
			"see":        see,
			"insist":     insist,
			"resize":     resize,
			"shell":      shell,
			"shut":       shut,
			"usual":      usual,

			"sshkeys":   sshKeys,
			"soundcard": soundcard,
			"speech":    speech,
			"repeat":    repeat,
		},
	})
}
