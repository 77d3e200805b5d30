# The program, the certificates that sslmode=verify-full is checked against, and nothing else. `make image` makes bin/image and
# builds this: a build of the program in here would need the network, and would not know its commit.
FROM scratch
COPY bin/image /
# There is no C library for a PostgreSQL of its own: the database is named with --dsn.
ENV PGBENCH_PROVIDER_NO_DOWNLOAD=true
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/pgbench-provider"]
