package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// security is how the server speaks to phones: nil TLS is plain HTTP, and pin is
// set only for a certificate that no authority signed.
type security struct {
	tls *tls.Config
	pin string
}

// secure chooses TLS. Plain HTTP is for loopback and behind a proxy only.
func secure(cfg Config, loopback bool) (security, error) {
	switch {
	case cfg.BehindProxy:
		return security{}, nil
	case cfg.CertFile != "":
		cert, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return security{}, fmt.Errorf("read certificate %q and key %q: %w", cfg.CertFile, cfg.KeyFile, err)
		}
		return security{tls: tlsConfig(cert)}, nil
	case cfg.Domain != "":
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(cfg.Domain),
			Cache: autocert.DirCache(filepath.Join(cfg.Data, "acme")),
		}
		c := m.TLSConfig() // answers the TLS-ALPN challenge, which comes to port 443
		c.MinVersion = tls.VersionTLS12
		return security{tls: c}, nil
	case loopback:
		return security{}, nil
	}
	cert, pin, err := ownCertificate(cfg.Data)
	if err != nil {
		return security{}, err
	}
	return security{tls: tlsConfig(cert), pin: pin}, nil
}

func tlsConfig(cert tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert},
		NextProtos: []string{"http/1.1"}, // WebSocket upgrades HTTP/1.1 (RFC 6455 §4.1)
	}
}

const certificateFile = "certificate.pem"

// ownCertificate is the certificate that the server made for itself on its first
// start, and the pin of its key, which travels inside invites.
func ownCertificate(folder string) (tls.Certificate, string, error) {
	path := filepath.Join(folder, certificateFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if data, err = makeCertificate(); err == nil {
			err = writeFile(path, data)
		}
	}
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("own certificate %q: %w", path, err)
	}
	cert, err := tls.X509KeyPair(data, data)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("own certificate %q: %w; if it is broken, delete it and hand out new invites", path, err)
	}
	sum := sha256.Sum256(cert.Leaf.RawSubjectPublicKeyInfo)
	return cert, base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// writeFile writes a secret file whole or not at all.
func writeFile(path string, data []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func makeCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "tring server"}, DNSNames: []string{"tring"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}
