// How exactly the threads of the process are woken by time. It is settled before Go's
// runtime starts its own, for a thread inherits it from the one that starts it.
//
// Linux lets a sleep last 50 µs longer (prctl(2), PR_SET_TIMERSLACK). The runtime's
// watching thread asks to be woken after 20 µs, again and again while anything runs,
// and so was woken more often than all others of a phone in a call together. With a
// millisecond it is woken less than half as often. What it watches for, threads that
// block in C and goroutines that run for 10 ms, can wait so long, and so can all else
// here: sound is woken by its device, and where there is none, its frame lasts 10 ms.

#include <sys/prctl.h>

enum { slack = 1000 * 1000 }; // ns

__attribute__((constructor)) static void relax(void) { prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0UL, 0UL, 0UL); }
