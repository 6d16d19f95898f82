package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// askTime is how long the agent may take: somebody may have to touch a token.
const askTime = 30 * time.Second

// agentKeys are the public keys in the agent; none where there is no agent.
func agentKeys(getenv func(string) string) []ssh.PublicKey {
	var keys []ssh.PublicKey
	_ = withAgent(getenv("SSH_AUTH_SOCK"), func(a agent.ExtendedAgent) error { // no agent, no keys
		list, err := a.List()
		for _, k := range list {
			if public, err := ssh.ParsePublicKey(k.Blob); err == nil {
				keys = append(keys, public)
			}
		}
		return err
	})
	return keys
}

func agentSigner(getenv func(string) string, fingerprint string) (ssh.Signer, error) {
	for _, public := range agentKeys(getenv) {
		if ssh.FingerprintSHA256(public) == fingerprint {
			return heldKey{public, getenv("SSH_AUTH_SOCK")}, nil
		}
	}
	if getenv("SSH_AUTH_SOCK") == "" {
		return nil, fmt.Errorf("key %s lies in an ssh agent, and none is running here; start it, or sign in again with  tring login --key FILE", fingerprint)
	}
	return nil, fmt.Errorf("key %s is not in the ssh agent; add it with  ssh-add", fingerprint)
}

// heldKey signs with a key that never leaves the agent. It holds no connection.
type heldKey struct {
	public ssh.PublicKey
	socket string
}

var _ ssh.AlgorithmSigner = heldKey{}

func (k heldKey) PublicKey() ssh.PublicKey { return k.public }

func (k heldKey) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(r, data, "")
}

func (k heldKey) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	var flags agent.SignatureFlags
	switch algorithm {
	case ssh.KeyAlgoRSASHA512:
		flags = agent.SignatureFlagRsaSha512
	case ssh.KeyAlgoRSASHA256:
		flags = agent.SignatureFlagRsaSha256
	}
	var signature *ssh.Signature
	err := withAgent(k.socket, func(a agent.ExtendedAgent) error {
		var err error
		signature, err = a.SignWithFlags(k.public, data, flags)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign with the ssh agent: %w", err)
	}
	return signature, nil
}

func withAgent(socket string, do func(agent.ExtendedAgent) error) error {
	if socket == "" {
		return errors.New("no ssh agent (SSH_AUTH_SOCK is not set)")
	}
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return fmt.Errorf("reach the ssh agent: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(askTime)); err != nil {
		return fmt.Errorf("reach the ssh agent: %w", err)
	}
	return do(agent.NewClient(conn))
}
