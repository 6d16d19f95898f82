package config

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// Key says which key an account uses: a file, or one in the ssh agent by its
// fingerprint. It is the reference; the key itself is never copied.
type Key struct {
	File  string `toml:"file,omitempty"`
	Agent string `toml:"agent,omitempty"` // SHA256:…
}

// Passphrase asks a person for the passphrase of a key file. It returns
// ErrNobodyToAsk where there is no terminal.
type Passphrase func(prompt string) ([]byte, error)

// ErrNobodyToAsk says that there is no terminal to ask at.
var ErrNobodyToAsk = errors.New("there is no terminal to ask at")

// Signer opens the key. A key in the agent is asked there for each signature,
// so that a restarted agent does no harm.
func (k Key) Signer(getenv func(string) string, ask Passphrase) (ssh.Signer, error) {
	if k.Agent != "" {
		return agentSigner(getenv, k.Agent)
	}
	return fileSigner(k.File, ask)
}

// NamedKey is the key that a person named: a private key file, or a public one
// whose private half lies in the agent or beside it.
func NamedKey(path string, getenv func(string) string, ask Passphrase) (Key, ssh.Signer, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Key{}, nil, fmt.Errorf("key %s: %w", path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Key{}, nil, fmt.Errorf("read key %s: %w", path, reason(err))
	}
	key := Key{File: path}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
		key = Key{Agent: ssh.FingerprintSHA256(public)}
		if _, err := key.Signer(getenv, ask); err != nil {
			private := path[:len(path)-len(filepath.Ext(path))]
			if _, statErr := os.Stat(private); statErr != nil || private == path {
				return Key{}, nil, err
			}
			key = Key{File: private}
		}
	}
	signer, err := key.Signer(getenv, ask)
	return key, signer, err
}

// UsualKey is the key of somebody who named none: the agent's first, else one
// of ~/.ssh, else the phone's own, which is made if it is missing.
func UsualKey(p Paths, getenv func(string) string, ask Passphrase) (Key, ssh.Signer, error) {
	if public := agentKeys(getenv); len(public) > 0 {
		key := Key{Agent: ssh.FingerprintSHA256(public[0])}
		signer, err := key.Signer(getenv, ask)
		return key, signer, err
	}
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		file := filepath.Join(getenv("HOME"), ".ssh", name)
		if _, err := os.Stat(file); err != nil || getenv("HOME") == "" {
			continue
		}
		signer, err := fileSigner(file, ask)
		if errors.Is(err, ErrNobodyToAsk) {
			continue // encrypted, and nobody named it
		}
		return Key{File: file}, signer, err
	}
	if _, err := os.Stat(p.Key()); errors.Is(err, os.ErrNotExist) {
		if err := MakeKey(p.Key()); err != nil {
			return Key{}, nil, err
		}
	}
	signer, err := fileSigner(p.Key(), ask)
	return Key{File: p.Key()}, signer, err
}

// MakeKey makes an ed25519 key in OpenSSH's format, with its public half in
// path.pub. It never replaces a file.
func MakeKey(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("make key %s: the file exists", path)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "tring")
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if err := write(path, pem.EncodeToMemory(block)); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	return write(path+".pub", ssh.MarshalAuthorizedKey(sshPublic))
}

func fileSigner(path string, ask Passphrase) (ssh.Signer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, reason(err))
	}
	signer, err := ssh.ParsePrivateKey(data)
	if _, encrypted := errors.AsType[*ssh.PassphraseMissingError](err); encrypted {
		passphrase, err := ask("Passphrase of " + path + ": ")
		if err != nil {
			return nil, fmt.Errorf("key %s is encrypted: %w; put it into the ssh agent with  ssh-add %[1]s", path, err)
		}
		if signer, err = ssh.ParsePrivateKeyWithPassphrase(data, bytes.TrimRight(passphrase, "\r\n")); err != nil {
			return nil, fmt.Errorf("key %s: wrong passphrase", path)
		}
		return signer, nil
	}
	if err != nil {
		return nil, fmt.Errorf("key %s is no ssh private key; name another with --key, or make one with  ssh-keygen -t ed25519", path)
	}
	return signer, nil
}
