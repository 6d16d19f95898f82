//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// sshKeys NAME…: gives each a key in a folder of the same name, and writes
// ssh_config, with which `ssh -F ssh_config NAME` comes to port $SSH_PORT of this
// machine as that person, and with nothing else of whoever runs the tests.
func sshKeys(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "sshkeys NAME...")
	var config strings.Builder
	for _, name := range args {
		folder := ts.MkAbs(name)
		ts.Check(os.MkdirAll(folder, 0o700))
		key := filepath.Join(folder, "key")
		ts.Check(ts.Exec("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key))
		fmt.Fprintf(&config, "Host %s\n  IdentityFile %s\n", name, key)
	}
	fmt.Fprintf(&config, `Host *
  HostName 127.0.0.1
  Port %s
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  UserKnownHostsFile %s
  GlobalKnownHostsFile none
  StrictHostKeyChecking accept-new
  LogLevel ERROR
  SendEnv LANG LC_*
`, ts.Getenv("SSH_PORT"), ts.MkAbs("known_hosts"))
	ts.Check(os.WriteFile(ts.MkAbs("ssh_config"), []byte(config.String()), 0o600))
}
