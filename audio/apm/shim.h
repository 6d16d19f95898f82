// The audio processing module as C sees it. All calls but tring_apm_free must
// come from one thread at a time.
#ifdef __cplusplus
extern "C" {
#endif

typedef struct tring_apm tring_apm;

// tring_apm_new returns 0 when the library refuses.
tring_apm *tring_apm_new(int rate, int samples);
void tring_apm_free(tring_apm *a);

// Both take 10 ms of mono sound. Capture changes it in place; delay is in ms.
// They return 0, or the library's error, and then leave the sound alone.
int tring_apm_render(tring_apm *a, const short *frame);
int tring_apm_capture(tring_apm *a, short *frame, int delay);

#ifdef __cplusplus
}
#endif
