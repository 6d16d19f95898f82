//go:build cgo

package portaudio

/*
#cgo pkg-config: portaudio-2.0
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <portaudio.h>

// PortAudio's Unix code keeps the error that it is about to return in one variable
// for all threads (paUtilErr_): a stream that runs may clear it while another fails
// to open. That one is then said to be open, but is NULL, which the library itself
// follows, and the process dies; or was never configured, and starting it never
// returns. So here it finds room of ours in place of NULL, and we tell the error. The
// binding calls this function, not the library's; opens take turns, so one room is
// enough.
__attribute__((weak)) PaError Pa_OpenStream(PaStream **stream, const PaStreamParameters *in, const PaStreamParameters *out,
	double rate, unsigned long frames, PaStreamFlags flags, PaStreamCallback *callback, void *data)
{
	static char room[4096];
	PaError (*open)(PaStream **, const PaStreamParameters *, const PaStreamParameters *,
		double, unsigned long, PaStreamFlags, PaStreamCallback *, void *);
	const PaStreamInfo *info;
	PaError err;

	*(void **)&open = dlsym(RTLD_NEXT, "Pa_OpenStream");
	if (open == NULL) return paInternalError;
	*stream = room;
	err = open(stream, in, out, rate, frames, flags, callback, data);
	if (*stream == room) {
		*stream = NULL;
		if (err != paNoError) return err;
		Pa_CloseStream(room); // no stream, but it is taken off the list of the open ones
		memset(room, 0, sizeof room);
		return paDeviceUnavailable;
	}
	if (err != paNoError) return err;
	info = Pa_GetStreamInfo(*stream);
	if (info != NULL && info->sampleRate > 0) return paNoError;
	Pa_CloseStream(*stream);
	return paDeviceUnavailable;
}
*/
import "C"
