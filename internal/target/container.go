package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"
)

// defaultImage is what is started where there are no binaries.
const defaultImage = "postgres:17"

// containerTimeout bounds the time from a started container to a server that answers; pulling the image comes before.
const containerTimeout = 2 * time.Minute

// openContainer starts an image that behaves like the official one: POSTGRES_PASSWORD and its kin, port 5432. The library's
// reaper (Ryuk) removes the container when we are killed.
func openContainer(ctx context.Context, s Spec, image string) (server *Server, err error) {
	var c testcontainers.Container
	stop := func(ctx context.Context) error {
		return testcontainers.TerminateContainer(c, testcontainers.StopContext(ctx), testcontainers.StopTimeout(2*time.Second))
	}
	defer func() {
		// Without a Docker host the library panics in some versions.
		if r := recover(); r != nil {
			server, err = nil, fmt.Errorf("no Docker can be reached: start Docker, or name a database with --dsn (%v)", r)
		}
		if err != nil && c != nil {
			err = errors.Join(err, stop(context.WithoutCancel(ctx)))
		}
	}()
	s.say("starting a container from %s", image)
	log.SetDefault(log.NewNoopLogger()) // what it tells of the engine would run into the progress
	password := rand.Text()
	c, err = testcontainers.GenericContainer(ctx, request(image, password))
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("start a container from %s: %w", image, ctx.Err())
		}
		return nil, fmt.Errorf("no container from %s: is Docker running and the image at hand? (%s)", image, lastPart(err))
	}
	host, err := c.Host(ctx)
	if err != nil {
		return nil, err
	}
	port, err := c.MappedPort(ctx, "5432/tcp")
	if err != nil {
		return nil, err
	}
	config, err := private(host, port.Port(), password, "bench")
	if err != nil {
		return nil, err
	}
	server = &Server{config: config, kind: "container", close: stop}
	if err := server.await(ctx, containerTimeout); err != nil {
		return nil, err
	}
	return server, nil
}

func request(image, password string) testcontainers.GenericContainerRequest {
	return testcontainers.GenericContainerRequest{
		Started: true,
		Logger:  log.NewNoopLogger(), // and so would the container's
		ContainerRequest: testcontainers.ContainerRequest{
			Image:        image,
			ExposedPorts: []string{"5432/tcp"},
			Env:          map[string]string{"POSTGRES_USER": "bench", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "bench"},
			Cmd:          []string{"postgres", "-c", "shared_preload_libraries=pg_stat_statements", "-c", "max_connections=500"},
			// The image starts the server twice, the first time without a port. An image that comes with its data starts it
			// once. So no line of the log is waited for, but the port, and then an answer.
			WaitingFor: wait.ForListeningPort("5432/tcp").WithStartupTimeout(containerTimeout),
		},
	}
}

// await connects until the server answers. Docker's proxy accepts connections before the server does.
func (s *Server) await(ctx context.Context, timeout time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		conn, err := pgx.ConnectConfig(bounded, s.Config())
		if err == nil {
			s.version = conn.PgConn().ParameterStatus("server_version")
			return conn.Close(ctx)
		}
		select {
		case <-bounded.Done():
			return s.unreachable(ctx, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
