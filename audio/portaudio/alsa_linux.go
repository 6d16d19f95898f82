//go:build cgo

package portaudio

/*
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

// usable says whether ALSA knows a device of one of these names. PortAudio aborts the
// process where it knows neither, and all devices that it does know open: so its own
// library is asked first, by names that are looked up, not linked. Without it PortAudio
// does not use ALSA.
static int usable(void) {
	int (*update)(void);
	int (*search)(void *, const char *, void **);
	void **root, *found;

	*(void **)&update = dlsym(RTLD_DEFAULT, "snd_config_update");
	*(void **)&search = dlsym(RTLD_DEFAULT, "snd_config_search");
	root = dlsym(RTLD_DEFAULT, "snd_config");
	if (update == NULL || search == NULL || root == NULL) return 1;
	if (update() < 0 || *root == NULL) return 0;
	return search(*root, "pcm.default", &found) >= 0 || search(*root, "pcm.dmix", &found) >= 0;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
)

// configured says what ALSA's configuration lacks before PortAudio may be
// initialised.
func configured() error {
	if C.usable() != 0 {
		return nil
	}
	if files, set := os.LookupEnv("ALSA_CONFIG_PATH"); set {
		return fmt.Errorf("ALSA finds no default device in %q; unset ALSA_CONFIG_PATH, or name files that have one", files)
	}
	return errors.New("ALSA finds no default device in its configuration; install /usr/share/alsa/alsa.conf again (Debian: libasound2-data)")
}
