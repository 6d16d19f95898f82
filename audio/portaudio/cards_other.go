//go:build !linux

package portaudio

// cards is a text that changes when a sound card comes or goes, and whether the
// system tells: this one does not, as far as the library knows it.
func cards() (text string, known bool) { return "", false }
