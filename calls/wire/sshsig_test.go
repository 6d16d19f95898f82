package wire_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tring/calls/wire"
)

// keys makes a key of each kind that people have.
func keys(t *testing.T) map[string]crypto.PrivateKey {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.PrivateKey{"ed25519": ed, "ecdsa": ec, "rsa": rs}
}

func signerOf(t *testing.T, key crypto.PrivateKey) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignatureServesItsOwnTextKeyAndNamespaceOnly(t *testing.T) {
	text := []byte("tring sign-in\nnonce abc\n")
	other := signerOf(t, keys(t)["ed25519"]).PublicKey()
	for kind, key := range keys(t) {
		t.Run(kind, func(t *testing.T) {
			signer := signerOf(t, key)
			pub := signer.PublicKey()
			sig, err := wire.SignSSH(signer, wire.SignatureNamespace, text)
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				name      string
				pub       ssh.PublicKey
				namespace string
				text      string
				sig       string
				want      string // in the error; empty: it verifies
			}{
				{"as signed", pub, wire.SignatureNamespace, string(text), sig, ""},
				{"lines ended by CR LF", pub, wire.SignatureNamespace, string(text), strings.ReplaceAll(sig, "\n", "\r\n"), ""},
				{"another text", pub, wire.SignatureNamespace, "another", sig, "verify ssh signature"},
				{"another namespace", pub, "git", string(text), sig, "made for"},
				{"another key", other, wire.SignatureNamespace, string(text), sig, "another key"},
				{"no armour", pub, wire.SignatureNamespace, string(text), "hello", "does not begin"},
				{"cut off", pub, wire.SignatureNamespace, string(text), sig[:len(sig)/2], "does not end"},
				{"empty", pub, wire.SignatureNamespace, string(text), "-----BEGIN SSH SIGNATURE----------END SSH SIGNATURE-----", "mark"},
			} {
				t.Run(tt.name, func(t *testing.T) {
					err := wire.VerifySSH(tt.pub, tt.namespace, []byte(tt.text), tt.sig)
					if tt.want == "" && err != nil {
						t.Fatalf("does not verify: %v", err)
					}
					if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
						t.Fatalf("error %v, want one with %q", err, tt.want)
					}
				})
			}
		})
	}
}

// sha1Signer is an RSA key as a very old agent offers it: Sign alone, which makes
// "ssh-rsa" signatures.
type sha1Signer struct{ ssh.Signer }

func TestRSAKeyThatOnlyKnowsSHA1IsRefused(t *testing.T) {
	_, err := wire.SignSSH(sha1Signer{signerOf(t, keys(t)["rsa"])}, wire.SignatureNamespace, []byte("text"))
	if err == nil || !strings.Contains(err.Error(), "ed25519") {
		t.Fatalf("error %v, want one that says which key to use", err)
	}
}

func TestKeysInAnAgentSign(t *testing.T) {
	for kind, key := range keys(t) {
		t.Run(kind, func(t *testing.T) {
			keyring := agent.NewKeyring()
			if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			defer near.Close()
			go func() { _ = agent.ServeAgent(keyring, far) }() // ends with the pipe
			signers, err := agent.NewClient(near).Signers()
			if err != nil {
				t.Fatal(err)
			}
			sig, err := wire.SignSSH(signers[0], wire.SignatureNamespace, []byte("text"))
			if err != nil {
				t.Fatal(err)
			}
			if err := wire.VerifySSH(signers[0].PublicKey(), wire.SignatureNamespace, []byte("text"), sig); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOpenSSHUnderstandsUs and the other way round, with ssh-keygen itself.
func TestOpenSSHUnderstandsUs(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("SKIPPED: ssh-keygen is not installed (package openssh-client); the signature format is not compared with OpenSSH")
	}
	text := []byte("tring sign-in\nnonce abc\n")
	for kind, key := range keys(t) {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			signer := signerOf(t, key)
			file := func(name string, data []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			keygen := func(stdin []byte, args ...string) string {
				cmd := exec.Command("ssh-keygen", args...)
				cmd.Stdin = bytes.NewReader(stdin)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("ssh-keygen %v: %v\n%s%s", args, err, out, stderr.Bytes())
				}
				return string(out)
			}

			ours, err := wire.SignSSH(signer, wire.SignatureNamespace, text)
			if err != nil {
				t.Fatal(err)
			}
			allowed := append([]byte("alice "), ssh.MarshalAuthorizedKey(signer.PublicKey())...)
			keygen(text, "-Y", "verify", "-f", file("allowed", allowed), "-I", "alice",
				"-n", wire.SignatureNamespace, "-s", file("sig", []byte(ours)))

			block, err := ssh.MarshalPrivateKey(key, "")
			if err != nil {
				t.Fatal(err)
			}
			theirs := keygen(text, "-Y", "sign", "-f", file("key", pem.EncodeToMemory(block)), "-n", wire.SignatureNamespace)
			if err := wire.VerifySSH(signer.PublicKey(), wire.SignatureNamespace, text, theirs); err != nil {
				t.Fatalf("a signature of ssh-keygen does not verify: %v\n%s", err, theirs)
			}
		})
	}
}

func FuzzVerifySSHNeverAcceptsGarbage(f *testing.F) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		f.Fatal(err)
	}
	sig, err := wire.SignSSH(signer, wire.SignatureNamespace, []byte("one text"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sig)
	f.Add("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n")
	f.Fuzz(func(t *testing.T, s string) {
		if wire.VerifySSH(signer.PublicKey(), wire.SignatureNamespace, []byte("another text"), s) == nil {
			t.Fatalf("%q verifies for a text that nobody signed", s)
		}
	})
}
