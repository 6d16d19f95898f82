//go:build apm && cgo

#include "shim.h"

#include <string.h>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

using webrtc::AudioProcessing;

struct tring_apm {
  AudioProcessing *apm;
  webrtc::AudioFrame near, far;
};

static void shape(webrtc::AudioFrame *f, int rate, int samples) {
  f->sample_rate_hz_ = rate;
  f->samples_per_channel_ = samples;
  f->num_channels_ = 1;
}

tring_apm *tring_apm_new(int rate, int samples) {
  webrtc::Config config;
  // 128 ms of room instead of 48, and calm about delays that are not exact.
  config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
  AudioProcessing *apm = AudioProcessing::Create(config);
  if (apm == 0) return 0;
  const webrtc::StreamConfig mono(rate, 1);
  webrtc::ProcessingConfig streams = {{mono, mono, mono, mono}};
  webrtc::EchoCancellation *echo = apm->echo_cancellation();
  int wrong = apm->Initialize(streams);
  wrong |= echo->set_suppression_level(webrtc::EchoCancellation::kLowSuppression);
  wrong |= echo->enable_drift_compensation(false);
  wrong |= echo->Enable(true);
  if (wrong != 0) {
    delete apm;
    return 0;
  }
  tring_apm *a = new tring_apm;
  a->apm = apm;
  shape(&a->near, rate, samples);
  shape(&a->far, rate, samples);
  return a;
}

void tring_apm_free(tring_apm *a) {
  delete a->apm;
  delete a;
}

int tring_apm_render(tring_apm *a, const short *frame) {
  memcpy(a->far.data_, frame, a->far.samples_per_channel_ * sizeof *frame);
  return a->apm->AnalyzeReverseStream(&a->far);
}

int tring_apm_capture(tring_apm *a, short *frame, int delay) {
  const size_t size = a->near.samples_per_channel_ * sizeof *frame;
  memcpy(a->near.data_, frame, size);
  // Out of its range the library takes the nearest delay and only warns.
  a->apm->set_stream_delay_ms(delay);
  const int err = a->apm->ProcessStream(&a->near);
  if (err == AudioProcessing::kNoError) memcpy(frame, a->near.data_, size);
  return err;
}
