package host

import (
	"crypto/rsa"

	gossh "golang.org/x/crypto/ssh"
)

// maxAuthTries lets an agent with some keys come to the right one.
const maxAuthTries = 6

// algorithms are those that every OpenSSH since 6.7 knows and nobody doubts: no
// SHA-1, no CBC, no group exchange; the ciphers authenticate by themselves.
func algorithms() *gossh.ServerConfig {
	return &gossh.ServerConfig{
		Config: gossh.Config{
			// curve25519-sha256@libssh.org, its older name, comes with it.
			KeyExchanges: []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519},
			Ciphers:      []string{gossh.CipherAES128GCM, gossh.CipherAES256GCM, gossh.CipherChaCha20Poly1305},
			MACs:         []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM},
		},
		MaxAuthTries: maxAuthTries,
		PublicKeyAuthAlgorithms: []string{
			gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
			gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
			gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512,
		},
	}
}

// minRSA is the shortest RSA key, in bits.
const minRSA = 2048

// acceptable tells whether a key may be a person's: a plain one, and long enough.
// A certificate is its signer's word, whom nobody here has asked.
func acceptable(key gossh.PublicKey) bool {
	if _, is := key.(*gossh.Certificate); is {
		return false
	}
	if c, is := key.(gossh.CryptoPublicKey); is {
		if k, is := c.CryptoPublicKey().(*rsa.PublicKey); is {
			return k.N.BitLen() >= minRSA
		}
	}
	return true
}
