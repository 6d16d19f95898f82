// Package spelling says which letters a search takes for the same, so that the
// screen finds in its list whom the server finds in the directory.
//
//	Łukasz Strauß  ─► Fold ─►  lukasz strauss
//
// It refuses to know who searches, and for what. Its functions are pure and safe
// for concurrent use; of plain ASCII they allocate nothing.
package spelling
