package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// defaultImage is what is started where there are no binaries.
const defaultImage = "postgres:17"

// openContainer starts an image that behaves like the official one: POSTGRES_PASSWORD and its kin, port 5432.
func openContainer(ctx context.Context, s Spec, image string) (server *Server, err error) {
	defer func() {
		// Without a Docker host the library panics in some versions.
		if r := recover(); r != nil {
			err = fmt.Errorf("no Docker can be reached: start Docker, or name a database with --dsn (%v)", r)
		}
	}()
	s.say("starting a container from %s", image)
	password := rand.Text()
	c, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image:        image,
			ExposedPorts: []string{"5432/tcp"},
			Env:          map[string]string{"POSTGRES_USER": "bench", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "bench"},
			Cmd:          []string{"postgres", "-c", "shared_preload_libraries=pg_stat_statements", "-c", "max_connections=200"},
			// The image starts the server twice: once for its own scripts.
			WaitingFor: wait.ForLog("database system is ready to accept connections").WithOccurrence(2).WithStartupTimeout(2 * time.Minute),
		},
	})
	stop := func(ctx context.Context) error {
		if c == nil {
			return nil
		}
		return testcontainers.TerminateContainer(c, testcontainers.StopContext(ctx), testcontainers.StopTimeout(2*time.Second))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("no container from %s: is Docker running and the image at hand? (%v)", image, lastPart(err)), stop(context.WithoutCancel(ctx)))
	}
	host, err := c.Host(ctx)
	if err != nil {
		return nil, errors.Join(err, stop(context.WithoutCancel(ctx)))
	}
	port, err := c.MappedPort(ctx, "5432/tcp")
	if err != nil {
		return nil, errors.Join(err, stop(context.WithoutCancel(ctx)))
	}
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%s user=bench password=%s dbname=bench sslmode=disable", host, port.Port(), password))
	if err != nil {
		return nil, errors.Join(err, stop(context.WithoutCancel(ctx)))
	}
	config.RuntimeParams["application_name"] = applicationName
	server = &Server{config: config, kind: "container", close: stop}
	conn, err := pgx.ConnectConfig(ctx, server.Config())
	if err != nil {
		return nil, errors.Join(server.unreachable(err), stop(context.WithoutCancel(ctx)))
	}
	server.version = conn.PgConn().ParameterStatus("server_version")
	return server, conn.Close(ctx)
}
