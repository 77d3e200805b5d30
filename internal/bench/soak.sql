select coalesce(sum(pg_table_size(relid)), 0)::bigint, coalesce(sum(pg_indexes_size(relid)), 0)::bigint,
       coalesce(sum(n_dead_tup), 0)::bigint
from pg_stat_user_tables where schemaname = $1
