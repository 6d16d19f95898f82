package host

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// TestBySSHD: behind an sshd that was there before, each key that it lets in has one
// of its own here. The script gets what sshd gives to a ForceCommand.
func TestBySSHD(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("../../packaging/by-sshd")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"sh", "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s here", program)
		}
	}
	s := open(t, nil)
	s.invites["7-rabbit"], s.invites["8-rabbit"] = "alice", "bob"
	_, port, _ := net.SplitHostPort(s.host.Addr().String())
	come := func(name, command string) *exec.Cmd {
		auth := s.keyFile(name) + ".auth"
		line := "publickey " + string(gossh.MarshalAuthorizedKey(s.signer(t, name).PublicKey()))
		if err := os.WriteFile(auth, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", script)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "USER=tring", "TERM=xterm", "LANG=de_DE.UTF-8", "ACCESSIBLE=1", "TZ=Europe/Berlin",
			"SSH_USER_AUTH=" + auth, "SSH_ORIGINAL_COMMAND=" + command, "TRING_HOST_PORT=" + port,
		}
		return cmd
	}
	s.stranger("one")
	s.stranger("two")
	s.says(t, come("one", "who"), exitFailed, "nobody here has the key")
	s.says(t, come("one", "join 7-rabbit"), 0, "You are alice")
	s.says(t, come("two", "who"), exitFailed, "nobody here has the key")
	s.says(t, come("two", "join 8-rabbit"), 0, "You are bob")
	for name, user := range map[string]string{"one": "alice", "two": "bob"} {
		if who := s.says(t, come(name, "who"), 0); who != user+"\n" {
			t.Errorf("%s is %q", name, who)
		}
	}
	if said := s.says(t, come("one", `words $(id) "a  b" ; id`), 0); said != `["$(id)" "a  b" ";" "id"]`+"\n" {
		t.Errorf("the command comes as %s", said)
	}
	s.says(t, come("one", "environment"), 0, "LANG=de_DE.UTF-8", "ACCESSIBLE=1", "TZ=Europe/Berlin")
	none := come("one", "who")
	none.Env = append(none.Env, "SSH_USER_AUTH=")
	s.says(t, none, 1, "ExposeAuthInfo")
	down := come("one", "who")
	down.Env = append(down.Env, "TRING_HOST_PORT=1")
	s.says(t, down, 255, "the telephone does not answer here")
	keys, err := filepath.Glob(filepath.Join(s.dir, ".tring-keys", "SHA256*"))
	if err != nil || len(keys) != 2 || strings.ContainsAny(filepath.Base(keys[0]), "/+=:") {
		t.Errorf("its keys: %v, %v", keys, err)
	}
}
