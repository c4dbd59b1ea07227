-- One row a sample, written once by Evaluate: what was seen, what the checks said, what was decided and with which
-- probability. Partitioned by arrival and not by event time, which producers get wrong: a chunk of made-up dates would
-- touch a hundred partitions and be refused for ever. FINAL removes repeats across partitions too.
CREATE TABLE IF NOT EXISTS samples (
  sample_id UUID, producer_id String CODEC(ZSTD(1)), ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  app LowCardinality(String), env LowCardinality(String), model LowCardinality(String),
  model_version LowCardinality(String), provider LowCardinality(String), prompt_version LowCardinality(String),
  release LowCardinality(String), trace_id String, conversation_id String,
  user_key UUID COMMENT 'keyed hash of the user; the key lives outside of ClickHouse',
  tags Map(LowCardinality(String), String),
  tokens_in Nullable(UInt32) CODEC(T64, ZSTD(1)), tokens_out Nullable(UInt32) CODEC(T64, ZSTD(1)),
  latency_ms Nullable(Float32), cost_usd Nullable(Float64), finish_reason LowCardinality(String), text_bytes UInt32,
  check Nested(
    name LowCardinality(String), version UInt16, value Nullable(Float32), passed Nullable(Bool),
    label LowCardinality(String), why String
  ),
  composite Nullable(Float32), verdict Enum8('pass' = 1, 'fail' = 2, 'unsure' = 3), because String CODEC(ZSTD(1)),
  route Enum8('nobody' = 0, 'judge' = 1, 'human' = 2), inclusion Float64, reason LowCardinality(String), policy UInt32,
  outcome Enum8('scored' = 1, 'sampled_out' = 2, 'over_budget' = 3, 'failed' = 4),
  k_topic LowCardinality(String), k_partition UInt16, k_offset UInt64 CODEC(Delta, ZSTD(1)), k_index UInt32,
  arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'time of the record in the log',
  ver UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'arrival again: of one sample the last to arrive stands',
  ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
  INDEX ix_sample sample_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_producer producer_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_user user_key TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_time ts TYPE minmax GRANULARITY 1
) ENGINE = {engine:ver} PARTITION BY toMonday(arrived)
ORDER BY (app, model, toStartOfMinute(ts), sample_id)
TTL toDateTime(arrived) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- Heavy and personal: apart, with a retention of its own, the only large table that an erasure rewrites.
CREATE TABLE IF NOT EXISTS texts (
  sample_id UUID, ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), app LowCardinality(String), user_key UUID,
  input String CODEC(ZSTD(3)), output Nullable(String) CODEC(ZSTD(3)), context String CODEC(ZSTD(3)),
  reference String CODEC(ZSTD(3)), extra String CODEC(ZSTD(3)),
  arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), ver UInt64 CODEC(Delta, ZSTD(1)),
  INDEX ix_sample sample_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_user user_key TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {engine:ver} PARTITION BY toMonday(arrived)
ORDER BY (app, toStartOfHour(ts), sample_id)
TTL toDateTime(arrived) + INTERVAL {text_days} DAY SETTINGS ttl_only_drop_parts = 1, index_granularity = 1024;

-- The ledger: one row for each sample each time it arrived, and for each piece of a record that cannot become one.
-- Its key is the place in the log, so nothing collapses in it but a redelivery: records, samples and outcomes add up.
CREATE TABLE IF NOT EXISTS ledger (
  k_topic LowCardinality(String), k_partition UInt16, k_offset UInt64 CODEC(Delta, ZSTD(1)),
  k_index UInt32 COMMENT '4294967295 for a record that cannot be read as a whole',
  sample_id UUID, app LowCardinality(String), arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  outcome Enum8('scored' = 1, 'sampled_out' = 2, 'over_budget' = 3, 'failed' = 4, 'dead' = 5), judged Bool,
  reason LowCardinality(String), field LowCardinality(String), detail String CODEC(ZSTD(1)),
  digest UInt32 COMMENT 'CRC-32 of the texts: tells a repeat from an id used twice',
  ver UInt64 CODEC(Delta, ZSTD(1)),
  INDEX ix_sample sample_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_arrived arrived TYPE minmax GRANULARITY 1
) ENGINE = {engine:ver} PARTITION BY toMonday(arrived)
ORDER BY (k_topic, k_partition, k_offset, k_index)
TTL toDateTime(arrived) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- What comes later: a judge, a person, a check run again. It carries the sample's time, so that it lies beside it.
CREATE TABLE IF NOT EXISTS scores (
  sample_id UUID, ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), app LowCardinality(String),
  model LowCardinality(String), source Enum8('check' = 0, 'judge' = 1, 'human' = 2), scorer LowCardinality(String),
  version LowCardinality(String), by UUID, attempt UInt8,
  value Nullable(Float32), passed Nullable(Bool), label LowCardinality(String), why String CODEC(ZSTD(3)),
  missing LowCardinality(String), inclusion Float64, cost_usd Float64, latency_ms UInt32,
  scored_at DateTime64(3, 'UTC'), ver UInt64, is_deleted UInt8 DEFAULT 0
) ENGINE = {engine:ver, is_deleted} PARTITION BY toMonday(scored_at)
ORDER BY (app, scorer, toStartOfMinute(ts), sample_id, source, version, by, attempt)
TTL toDateTime(scored_at) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- The narrow shape that people and dashboards query: one row a sample and scorer.
CREATE VIEW IF NOT EXISTS all_scores AS
SELECT sample_id, ts, app, model, 'check' AS source, c_name AS scorer, toString(c_version) AS version,
       c_value AS value, c_passed AS passed, c_label AS label, c_why AS why
FROM samples FINAL
ARRAY JOIN check.name AS c_name, check.version AS c_version, check.value AS c_value, check.passed AS c_passed,
           check.label AS c_label, check.why AS c_why
UNION ALL
SELECT sample_id, ts, app, model, toString(source), scorer, version, value, passed, label, why FROM scores FINAL;
