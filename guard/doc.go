// Package guard is where a telephone's goroutines begin.
//
// Several telephones may live in one process, and a panic in any goroutine ends a
// process. So every goroutine of a telephone, and every function that a timer or a
// library calls for it, runs under its [Guard]: that of a telephone by ssh keeps a
// panic to its own login. A telephone at home has none, and its panic ends the
// program with its trace.
//
//	Guard.Go, Join, After ─► Run ─► f ─► panic ─► failed: ends that telephone
//
// What no guard can keep to itself are goroutines that a library begins for its own
// work, and the runtime's fatal errors, such as a map that is written twice at once.
//
// The package knows nothing of telephones.
package guard
