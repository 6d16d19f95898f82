//go:build cgo && !linux

package portaudio

// quiet has nothing to silence here: ALSA and JACK are how Linux sounds.
func quiet() {}
