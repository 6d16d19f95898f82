package wire

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// What OpenSSH's PROTOCOL.sshsig fixes. Of its two hash algorithms this protocol
// takes the default of ssh-keygen alone.
const (
	sshsigMagic   = "SSHSIG"
	sshsigVersion = 1
	sshsigHash    = "sha512"
	sshsigBegin   = "-----BEGIN SSH SIGNATURE-----"
	sshsigEnd     = "-----END SSH SIGNATURE-----"
	sshsigLine    = 70 // base64 characters in a line of the armour
)

// sshsigBlob is what the armour holds, after the magic (PROTOCOL.sshsig §3).
type sshsigBlob struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  string
	Hash      string
	Signature []byte
}

// sshsigSigned is what the key signs, after the magic (PROTOCOL.sshsig §2).
type sshsigSigned struct {
	Namespace string
	Reserved  string
	Hash      string
	Digest    []byte
}

// SignSSH signs text for a namespace as `ssh-keygen -Y sign -n namespace` does,
// and returns the armoured signature. The signer may be a key in memory, one of
// an ssh agent, or a hardware key.
func SignSSH(signer ssh.Signer, namespace string, text []byte) (string, error) {
	if namespace == "" {
		return "", errors.New("sign: the namespace must not be empty")
	}
	signed := sshsigText(sshsigSigned{Namespace: namespace, Hash: sshsigHash}, text)
	sig, err := signRaw(signer, signed)
	if err != nil {
		return "", fmt.Errorf("sign with ssh key %s: %w", ssh.FingerprintSHA256(signer.PublicKey()), err)
	}
	blob := ssh.Marshal(sshsigBlob{
		Version: sshsigVersion, PublicKey: signer.PublicKey().Marshal(),
		Namespace: namespace, Hash: sshsigHash, Signature: ssh.Marshal(sig),
	})
	return armour(append([]byte(sshsigMagic), blob...)), nil
}

// VerifySSH says whether armoured is this key's signature of text for this
// namespace, made by SignSSH or `ssh-keygen -Y sign`; nil if it is.
func VerifySSH(pub ssh.PublicKey, namespace string, text []byte, armoured string) error {
	blob, err := parseSSHSig(armoured)
	if err != nil {
		return fmt.Errorf("verify ssh signature: %w", err)
	}
	var sig ssh.Signature
	switch {
	case blob.Version != sshsigVersion:
		return fmt.Errorf("verify ssh signature: version %d is not known", blob.Version)
	case blob.Namespace != namespace:
		return fmt.Errorf("verify ssh signature: it was made for %q, not for %q", blob.Namespace, namespace)
	case blob.Hash != sshsigHash:
		return fmt.Errorf("verify ssh signature: hash %q is not accepted, only %s", blob.Hash, sshsigHash)
	case !bytes.Equal(blob.PublicKey, pub.Marshal()):
		return errors.New("verify ssh signature: it was made with another key")
	}
	if err := ssh.Unmarshal(blob.Signature, &sig); err != nil {
		return fmt.Errorf("verify ssh signature: %w", err)
	}
	if !slices.Contains(signatureFormats(pub), sig.Format) {
		return fmt.Errorf("verify ssh signature: algorithm %q is not accepted for this key", sig.Format)
	}
	signed := sshsigText(sshsigSigned{Namespace: namespace, Reserved: blob.Reserved, Hash: blob.Hash}, text)
	if err := pub.Verify(signed, &sig); err != nil {
		return fmt.Errorf("verify ssh signature: %w", err)
	}
	return nil
}

// signRaw never signs with SHA-1: an RSA key's own default, "ssh-rsa", is
// forbidden by PROTOCOL.sshsig §3.
func signRaw(signer ssh.Signer, data []byte) (*ssh.Signature, error) {
	if signer.PublicKey().Type() != ssh.KeyAlgoRSA {
		return signer.Sign(rand.Reader, data)
	}
	rsa, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		return nil, errors.New("this RSA key cannot sign with SHA-512; use an ed25519 key")
	}
	return rsa.SignWithAlgorithm(rand.Reader, data, ssh.KeyAlgoRSASHA512)
}

// signatureFormats are the algorithms with which a key of this type may sign.
func signatureFormats(pub ssh.PublicKey) []string {
	if pub.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{pub.Type()}
}

func sshsigText(s sshsigSigned, text []byte) []byte {
	digest := sha512.Sum512(text)
	s.Digest = digest[:]
	return append([]byte(sshsigMagic), ssh.Marshal(s)...)
}

func armour(blob []byte) string {
	var b strings.Builder
	b.WriteString(sshsigBegin + "\n")
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(blob)), sshsigLine) {
		b.Write(line)
		b.WriteByte('\n')
	}
	b.WriteString(sshsigEnd + "\n")
	return b.String()
}

func parseSSHSig(armoured string) (sshsigBlob, error) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(armoured), sshsigBegin)
	if !ok {
		return sshsigBlob{}, errors.New("it does not begin with " + sshsigBegin)
	}
	if inner, ok = strings.CutSuffix(inner, sshsigEnd); !ok {
		return sshsigBlob{}, errors.New("it does not end with " + sshsigEnd)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(inner)) // skips line ends
	if err != nil {
		return sshsigBlob{}, err
	}
	data, ok = bytes.CutPrefix(data, []byte(sshsigMagic))
	if !ok {
		return sshsigBlob{}, errors.New("it lacks the mark " + sshsigMagic)
	}
	var blob sshsigBlob
	if err := ssh.Unmarshal(data, &blob); err != nil {
		return sshsigBlob{}, err
	}
	return blob, nil
}
