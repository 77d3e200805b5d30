-- What this database's statements have cost so far. Nested statements are in those that call them.
select query, calls, (total_exec_time * 1e6)::bigint, rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied,
       wal_records, wal_fpi, wal_bytes::bigint
from pg_stat_statements
where toplevel and dbid = (select oid from pg_database where datname = current_database())
  and (query like '-- name: %' or query in ('begin', 'commit'))
