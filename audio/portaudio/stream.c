// The callbacks are real-time: they copy, count and wake; they allocate nothing and
// never wait. They are in C because of what a callback into Go costs besides itself:
// the runtime then watches the thread that came from C, thousands of times a second.

#include "stream.h"

#include <string.h>
#ifdef __linux__
#include <unistd.h>
#endif

// How many callbacks end the start of a device, as in end.go.
enum { steady = 10 };

#define GET(field) __atomic_load_n(&s->field, __ATOMIC_SEQ_CST)
#define SET(field, value) __atomic_store_n(&s->field, (value), __ATOMIC_SEQ_CST)
#define ADD(field) __atomic_fetch_add(&s->field, 1, __ATOMIC_SEQ_CST)

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

// wake wakes the goroutine that waits, which may find that another did. The write
// does not block.
static void wake(struct shared *s) {
	if (__atomic_exchange_n(&s->want, 0, __ATOMIC_SEQ_CST) == 0) return;
#ifdef __linux__
	const uint64_t one = 1;
	if (write(s->bell, &one, sizeof one) < 0) return; // full is rung
#endif
}

// record takes what a microphone heard.
static int record(const void *in, void *out, unsigned long frames, const PaStreamCallbackTimeInfo *time,
                  PaStreamCallbackFlags flags, void *data) {
	struct shared *s = data;
	const int16_t *samples = in;
	uint64_t n = frames * s->channels, put = GET(put), taken = GET(taken);
	uint64_t fits = least(n, s->size - (put - taken)), at = put % s->size, first = least(fits, s->size - at);

	(void)out, (void)time;
	memcpy(s->samples + at, samples, first * sizeof *samples);
	memcpy(s->samples, samples + first, (fits - first) * sizeof *samples);
	SET(put, put + fits);
	if (fits < n) ADD(gaps);
	if (flags & (paInputOverflow | paInputUnderflow)) ADD(xruns);
	ADD(beats);

	uint64_t want = GET(want);
	if (want != 0 && put + fits - taken >= want) wake(s);
	return paContinue;
}

// play gives a speaker what to play, silence where there is nothing.
static int play(const void *in, void *out, unsigned long frames, const PaStreamCallbackTimeInfo *time,
                PaStreamCallbackFlags flags, void *data) {
	struct shared *s = data;
	int16_t *samples = out;
	uint64_t n = frames * s->channels, put = GET(put), taken = GET(taken);
	uint64_t there = least(n, put - taken), at = taken % s->size, first = least(there, s->size - at);

	(void)in, (void)time;
	memcpy(samples, s->samples + at, first * sizeof *samples);
	memcpy(samples + first, s->samples, (there - first) * sizeof *samples);
	memset(samples + there, 0, (n - there) * sizeof *samples);
	SET(taken, taken + there);
	// A gap counts once, not before the first Write, and not while the device starts
	// or recovers, when it takes several buffers at once to fill its own.
	s->calm++;
	if (flags & (paOutputUnderflow | paOutputOverflow)) {
		s->calm = 0;
		ADD(xruns);
	}
	if (there < n && __atomic_exchange_n(&s->primed, 0, __ATOMIC_SEQ_CST) && s->calm > steady) ADD(gaps);
	ADD(beats);

	uint64_t want = GET(want);
	if (want != 0 && put - taken - there < want) wake(s);
	return paContinue;
}

// open_stream opens for tring_open. PortAudio's Unix code keeps the error that it is
// about to return in one variable for all threads (paUtilErr_): a stream that runs may
// clear it while another fails to open. That one is then said to be open, but is NULL,
// which the library itself follows, and the process dies; or was never configured, and
// starting it never returns. So here it finds room of ours in place of NULL, and we
// tell the error. Opens take turns, so one room is enough.
static PaError open_stream(PaStream **stream, const PaStreamParameters *in, const PaStreamParameters *out,
                           double rate, unsigned long frames, struct shared *shared) {
	static char room[4096];
	PaError err;

	*stream = room;
	err = Pa_OpenStream(stream, in, out, rate, frames, paNoFlag, in != NULL ? record : play, shared);
	if (*stream == room) {
		*stream = NULL;
		if (err != paNoError) return err;
		Pa_CloseStream(room); // no stream, but it is taken off the list of the open ones
		memset(room, 0, sizeof room);
		return paDeviceUnavailable;
	}
	if (err != paNoError) return err;
	const PaStreamInfo *info = Pa_GetStreamInfo(*stream);
	if (info != NULL && info->sampleRate > 0) return paNoError;
	Pa_CloseStream(*stream);
	return paDeviceUnavailable;
}

PaError tring_open(PaStream **stream, int heard, PaDeviceIndex device, PaTime latency, double rate,
                   unsigned long frames, struct shared *shared) {
	const PaStreamParameters asked = {
		.device = device, .channelCount = (int)shared->channels, .sampleFormat = paInt16, .suggestedLatency = latency,
	};
	return open_stream(stream, heard ? &asked : NULL, heard ? NULL : &asked, rate, frames, shared);
}

void tring_call(int heard, void *samples, unsigned long frames, PaStreamCallbackFlags flags, struct shared *shared) {
	if (heard) {
		record(samples, NULL, frames, NULL, flags, shared);
	} else {
		play(NULL, samples, frames, NULL, flags, shared);
	}
}
