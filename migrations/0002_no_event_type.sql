-- A column of schemas made before: an event's JSON begins with its type, and nothing read the column.
alter table history drop column if exists event_type;
