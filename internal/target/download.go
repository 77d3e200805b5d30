package target

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ulikunitz/xz"
)

// An artefact is an archive of server programs that the project zonkyio/embedded-postgres-binaries publishes.
type artefact struct{ platform, version, sum string } // sum is the SHA-256 of the jar, in hex

const downloadVersion = "17.7.0"

// artefacts by GOOS-GOARCH. The sums are those that were published with them.
var artefacts = map[string]artefact{
	"linux-amd64":  {"linux-amd64", downloadVersion, "ceb1c01cf5e71d6f906b8614982f6ed61e96b3740dd30758fa6262f97e752b69"},
	"linux-arm64":  {"linux-arm64v8", downloadVersion, "85622d56a394c424db4b15185bad31f51848809cb0810fe87059ec38be23caad"},
	"darwin-amd64": {"darwin-amd64", downloadVersion, "9540ede93642d7301c0a9b19a21df5c3c696db5d59396fc54898be48114baac8"},
	"darwin-arm64": {"darwin-arm64v8", downloadVersion, "f3478bea63e3ed5328bbfbb1d894883a9686f8ca34445daf067995daa60d0cc1"},
}

// mavenCentral is where artefacts come from unless PGBENCH_PROVIDER_MAVEN_URL names a mirror.
const mavenCentral = "https://repo1.maven.org/maven2"

// maxDownload is above the largest artefact, and maxFile above the largest file in one.
const maxDownload, maxFile = 200 << 20, 200 << 20

var errNoDownload = errors.New("downloads are forbidden (--no-download)")

// downloaded gives the server programs of this platform from the cache, which it fills first when it is empty.
func downloaded(ctx context.Context, s Spec) (binaries, error) {
	if s.NoDownload {
		return binaries{}, errNoDownload
	}
	a, ok := artefacts[runtime.GOOS+"-"+runtime.GOARCH]
	if _, err := os.Stat("/etc/alpine-release"); !ok || err == nil {
		return binaries{}, errors.New("there are no PostgreSQL programs to download for this system")
	}
	cache, err := cacheFolder(s.getenv())
	if err != nil {
		return binaries{}, err
	}
	dir := filepath.Join(cache, "postgres-"+a.version)
	if _, err := os.Stat(dir); err != nil {
		if err := a.fetch(ctx, s, cache, dir); err != nil {
			return binaries{}, fmt.Errorf("download PostgreSQL %s: %w", a.version, err)
		}
	}
	return probe(ctx, filepath.Join(dir, "bin"))
}

// cacheFolder is the user's. PostgreSQL does not run as root, and whom it runs as instead may not enter root's home.
func cacheFolder(getenv func(string) string) (string, error) {
	if dir := getenv("PGBENCH_PROVIDER_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/pgbench-provider", nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "pgbench-provider"), err
}

func (a artefact) url(getenv func(string) string) string {
	name := "embedded-postgres-binaries-" + a.platform
	return strings.TrimRight(cmp.Or(getenv("PGBENCH_PROVIDER_MAVEN_URL"), mavenCentral), "/") +
		"/io/zonky/test/postgres/" + name + "/" + a.version + "/" + name + "-" + a.version + ".jar"
}

// fetch downloads, checks and unpacks into dir, which exists only when all of it is there.
func (a artefact) fetch(ctx context.Context, s Spec, cache, dir string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	url := a.url(s.getenv())
	s.say("downloading PostgreSQL %s, once, from %s to %s", a.version, Redact(url), dir)
	jar := filepath.Join(work, "jar")
	if err := save(ctx, url, jar, a.sum); err != nil {
		return err
	}
	tree := filepath.Join(work, "tree")
	if err := unpackJar(jar, tree); err != nil {
		return err
	}
	if err := os.Rename(tree, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr == nil {
			return nil // another process was faster
		}
		return err
	}
	return nil
}

// save downloads through the proxy that the environment names, if any, and refuses what has another sum.
func save(ctx context.Context, url, path, sum string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return errors.New("PGBENCH_PROVIDER_MAVEN_URL is no URL")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.New(Redact(err.Error()))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", Redact(url), resp.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(resp.Body, maxDownload))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("%s has the SHA-256 %s, and should have %s: it is not used", Redact(url), got, sum)
	}
	return nil
}

// unpackJar unpacks the one tar.xz that a jar holds.
func unpackJar(jar, dir string) error {
	z, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, entry := range z.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		f, err := entry.Open()
		if err != nil {
			return err
		}
		defer f.Close()
		r, err := xz.NewReader(f)
		if err != nil {
			return err
		}
		return unpackTar(tar.NewReader(r), dir)
	}
	return errors.New("the jar holds no .txz")
}

// unpackTar writes files, folders and links that stay within dir.
func unpackTar(r *tar.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(h.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, name)
		case tar.TypeReg:
			err = unpackFile(r, root, name, os.FileMode(h.Mode)&0o755|0o644)
		}
		if err != nil {
			return err
		}
	}
}

func unpackFile(r io.Reader, root *os.Root, name string, mode os.FileMode) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.LimitReader(r, maxFile))
	return errors.Join(err, f.Close())
}
