// Package config is what a person sets, and what a phone keeps between two runs:
// settings, accounts, keys, the id of the device, and where all of it lies.
//
// It refuses to know what a setting does: it reads values, checks them and hands
// them over as values. Nothing here starts a goroutine or is shared; a malformed
// file is reported with its line and stays as it is. [File] writes one setting at
// a time, and leaves the comments, the order and all else in the file as they are.
//
//	flag  >  TRING_* in the environment  >  settings.toml  >  built in
//
//	$TRING_HOME, or else $XDG_CONFIG_HOME/tring     settings.toml accounts.toml key
//	$TRING_HOME, or else $XDG_STATE_HOME/tring      device memory.json unsent-….json log server/ host/
//
// Folders are made with mode 0700, files with 0600.
package config
