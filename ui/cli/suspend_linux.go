package cli

import (
	"bytes"
	"fmt"
	"os"
)

// resumable says whether somebody is there who can let this process go on once it
// has stopped: a process of its session outside its process group, such as a shell
// with job control. Of an orphaned process group (POSIX.1-2017 §3.264) the kernel
// ignores SIGTSTP (§2.4.3), and whoever waits for SIGCONT waits for ever.
func resumable() bool {
	self, err := familyOf(os.Getpid())
	if err != nil {
		return false
	}
	for pid := self.parent; pid > 0; {
		f, err := familyOf(pid)
		switch {
		case err != nil, f.session != self.session:
			return false
		case f.group != self.group:
			return true
		}
		pid = f.parent // of the same group: a script, say, that the shell stops with us
	}
	return false
}

// family is where a process belongs: see proc(5), /proc/pid/stat.
type family struct{ parent, group, session int }

func familyOf(pid int) (f family, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return f, err
	}
	rest := string(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before may hold anything
	var state string
	_, err = fmt.Sscan(rest, &state, &f.parent, &f.group, &f.session)
	return f, err
}
