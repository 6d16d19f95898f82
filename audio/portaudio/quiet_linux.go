//go:build cgo

package portaudio

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

static void alsa_silent(const char *file, int line, const char *function, int err, const char *format, ...) {}
static void jack_silent(const char *text) {}

// The libraries are those that PortAudio was linked with, if any: so they are looked
// up, not linked.
static void quiet(void) {
	int (*alsa)(void (*)(const char *, int, const char *, int, const char *, ...));
	void (*jack)(void (*)(const char *));

	*(void **)&alsa = dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler");
	if (alsa != NULL) alsa(alsa_silent);
	*(void **)&jack = dlsym(RTLD_DEFAULT, "jack_set_error_function");
	if (jack != NULL) jack(jack_silent);
	*(void **)&jack = dlsym(RTLD_DEFAULT, "jack_set_info_function");
	if (jack != NULL) jack(jack_silent);
}
*/
import "C"

// quiet silences ALSA and JACK, which print up to a hundred lines about every device
// that is configured but not there, each time the library is initialised: once a
// second while a phone waits for its headset to come back. What matters of it comes
// back as errors.
func quiet() { C.quiet() }
