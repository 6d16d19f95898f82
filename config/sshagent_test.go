package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serveAgent runs an ssh agent that holds these keys, and returns its socket.
func serveAgent(t *testing.T, keys ...any) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: k}); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = agent.ServeAgent(ring, c) // ends with the connection
			}()
		}
	}()
	return socket
}

// A key in the agent signs, is remembered by its fingerprint, and goes before
// the files; RSA signs with SHA-512.
func TestKeysInTheAgent(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]any{"ed25519": &ed, "rsa": rs} {
		t.Run(name, func(t *testing.T) {
			env := environment(map[string]string{"SSH_AUTH_SOCK": serveAgent(t, key)})
			ref, signer, err := UsualKey(home(t), env, nobody)
			if err != nil || ref.Agent == "" {
				t.Fatalf("got %+v, %v", ref, err)
			}
			text := []byte("hello")
			sig, err := signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, text, algorithm(name))
			if err != nil {
				t.Fatal(err)
			}
			if err := signer.PublicKey().Verify(text, sig); err != nil {
				t.Error(err)
			}
			if name == "rsa" && sig.Format != ssh.KeyAlgoRSASHA512 {
				t.Errorf("signed as %s", sig.Format)
			}
			public := filepath.Join(t.TempDir(), "only.pub")
			put(t, public, string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
			if named, _, err := NamedKey(public, env, nobody); err != nil || named != ref {
				t.Errorf("named by its public half: %+v, %v", named, err)
			}
		})
	}
}

func TestKeyThatLeftTheAgent(t *testing.T) {
	for _, env := range []map[string]string{nil, {"SSH_AUTH_SOCK": serveAgent(t)}} {
		if _, err := (Key{Agent: "SHA256:gone"}).Signer(environment(env), nobody); err == nil {
			t.Errorf("%v: no error", env)
		}
	}
}

func algorithm(name string) string {
	if name == "rsa" {
		return ssh.KeyAlgoRSASHA512
	}
	return ssh.KeyAlgoED25519
}
