package netdelay_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"pgbench-provider/internal/netdelay"
	"pgbench-provider/provider"
)

// conn is what a dialer gives.
type conn interface {
	net.Conn
	provider.WireCounter
}

// echo sends back what it gets.
func echo(c net.Conn) { _, _ = io.Copy(struct{ io.Writer }{c}, c) }

// dial connects to a server of its own, which ends with the test.
func dial(tb testing.TB, o netdelay.Options, serve func(net.Conn)) conn {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			serve(c)
			_ = c.Close()
		}
	}()
	c, err := netdelay.Dialer(nil, o)(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = c.Close()
		_ = l.Close()
		<-done
	})
	return c.(conn)
}

// exchange writes b and reads as much.
func exchange(tb testing.TB, c net.Conn, b []byte) {
	tb.Helper()
	if _, err := c.Write(b); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		tb.Fatal(err)
	}
}

// selfSigned gives the configuration of a TLS server nobody trusts.
func selfSigned(tb testing.TB) *tls.Config {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		tb.Fatal(err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
}
