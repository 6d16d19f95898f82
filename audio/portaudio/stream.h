// The callbacks that PortAudio calls from threads of its own, and what they share
// with the goroutine of a microphone or a speaker.

#ifndef TRING_STREAM_H
#define TRING_STREAM_H

#include <portaudio.h>
#include <stdint.h>

// struct shared is laid out as the Go type of that name, which describes it.
struct shared {
	uint64_t put;
	uint64_t taken;
	uint64_t want;
	uint64_t beats;
	uint64_t gaps;
	uint64_t xruns;
	uint64_t calm;
	uint64_t size;
	uint32_t primed;
	uint32_t channels;
	int32_t bell;
	int16_t *samples;
};

// tring_open opens a stream of 16-bit samples that calls back: of a microphone if heard,
// of a speaker if not.
PaError tring_open(PaStream **stream, int heard, PaDeviceIndex device, PaTime latency, double rate,
                   unsigned long frames, struct shared *shared);

// tring_call calls back once, without a stream.
void tring_call(int heard, void *samples, unsigned long frames, PaStreamCallbackFlags flags, struct shared *shared);

#endif
