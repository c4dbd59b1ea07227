-- How far judges and people were of one mind, each time it was measured.
CREATE TABLE IF NOT EXISTS agreement (
  at DateTime64(3, 'UTC'), window_days Float32, app LowCardinality(String) COMMENT 'empty for all together',
  judge LowCardinality(String), version LowCardinality(String), pair LowCardinality(String),
  measure LowCardinality(String), value Nullable(Float64), low Nullable(Float64), high Nullable(Float64), n UInt32,
  because LowCardinality(String), weighted Bool
) ENGINE = {engine:at} PARTITION BY toMonday(at) ORDER BY (app, judge, pair, measure, version, toStartOfHour(at))
TTL toDateTime(at) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;
