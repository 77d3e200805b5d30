package target_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/target"
)

// A server with TLS and a private CA: verify-full takes it by its name and by no other, and binds the password to the channel.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := authority(t)
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{
		"ssl": "on", "ssl_cert_file": filepath.Join(dir, "server.crt"), "ssl_key_file": filepath.Join(dir, "server.key")}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(context.Background())
	c := server.Config()
	open := func(host, more string) (*target.Server, error) {
		return target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: "host=" + host + " port=" + strconv.Itoa(int(c.Port)) +
			" user=" + c.User + " password=" + c.Password + " dbname=" + c.Database + " " + more})
	}
	ca := " sslrootcert=" + filepath.Join(dir, "ca.crt")
	s, err := open("localhost", "sslmode=verify-full channel_binding=require"+ca)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := target.ServerFacts(t.Context(), connect(t, s.Config()))
	if err != nil || !facts.TLS {
		t.Errorf("TLS is %v: %v", facts.TLS, err)
	}
	for name, wrong := range map[string]struct{ host, more, want string }{
		"another name":        {"127.0.0.1", "sslmode=verify-full" + ca, "certificate"},
		"no CA":               {"localhost", "sslmode=verify-full", "certificate"},
		"another CA":          {"localhost", "sslmode=verify-ca sslrootcert=" + filepath.Join(authority(t), "ca.crt"), "certificate"},
		"binding without TLS": {"localhost", "sslmode=disable channel_binding=require", "channel binding"},
	} {
		_, err := open(wrong.host, wrong.more)
		if err == nil || !strings.Contains(err.Error(), wrong.want) || strings.Contains(err.Error(), c.Password) {
			t.Errorf("%s: got %v, want an error with %q", name, err, wrong.want)
		}
	}
	if _, err := open("127.0.0.1", "sslmode=verify-ca"+ca); err != nil {
		t.Errorf("verify-ca looks at the name: %v", err)
	}
}

// authority makes a CA, and a certificate of the name localhost for the user that the server runs as.
func authority(t *testing.T) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tls-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a private CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	caKey, leafKey := key(t), key(t)
	put(t, filepath.Join(dir, "ca.crt"), "CERTIFICATE", sign(t, ca, ca, caKey, caKey))
	put(t, filepath.Join(dir, "server.crt"), "CERTIFICATE", sign(t, leaf, ca, leafKey, caKey))
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "server.key"), "PRIVATE KEY", der)
	if os.Geteuid() == 0 { // the server takes only a key of its own user's
		u, err := user.Lookup("postgres")
		if err != nil {
			u, err = user.Lookup("nobody")
		}
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		if err := os.Chown(filepath.Join(dir, "server.key"), uid, -1); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t *testing.T, c, by *x509.Certificate, k, byKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by, &k.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func put(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if kind == "CERTIFICATE" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
