-- What judges replied, call by call. The key is a hash of the judge's version and of all that it was asked: what is here
-- is never paid for again, whichever sample asks.
CREATE TABLE IF NOT EXISTS judgements (
  content UUID, judge LowCardinality(String), version LowCardinality(String), endpoint LowCardinality(String),
  reply String CODEC(ZSTD(3)), tokens_in UInt32, tokens_out UInt32, cost Float64, latency_ms Float32,
  sample_id UUID COMMENT 'the sample that it was asked for first',
  asked_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), ver UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = {engine:ver} PARTITION BY toMonday(asked_at) ORDER BY content
TTL toDateTime(asked_at) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- What an opinion is made of, and how it came about.
ALTER TABLE scores
  ADD COLUMN IF NOT EXISTS `point.name` Array(LowCardinality(String)), ADD COLUMN IF NOT EXISTS `point.value` Array(Nullable(Float32)),
  ADD COLUMN IF NOT EXISTS `point.points` Array(Float32), ADD COLUMN IF NOT EXISTS `point.why` Array(String) CODEC(ZSTD(3)),
  ADD COLUMN IF NOT EXISTS `point.tags` Array(Array(String)),
  ADD COLUMN IF NOT EXISTS flags Array(LowCardinality(String)), ADD COLUMN IF NOT EXISTS reason LowCardinality(String),
  ADD COLUMN IF NOT EXISTS endpoint LowCardinality(String), ADD COLUMN IF NOT EXISTS tokens_in UInt32,
  ADD COLUMN IF NOT EXISTS tokens_out UInt32, ADD COLUMN IF NOT EXISTS copied_from UUID,
  ADD INDEX IF NOT EXISTS ix_sample sample_id TYPE bloom_filter(0.01) GRANULARITY 1;

-- Parts of budgets that workers have booked: what nobody else may spend, and once settled, what was spent.
CREATE TABLE IF NOT EXISTS bookings (
  day Date, hour DateTime('UTC'), app LowCardinality(String), lot UUID, calls Float64, tokens Float64, money Float64,
  settled Bool, worker LowCardinality(String), ver UInt64
) ENGINE = {engine:ver} PARTITION BY toMonday(day) ORDER BY (day, hour, app, lot)
TTL day + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- Control items: what a judge said of samples whose right verdict is known. Apart from scores, so that nothing about the
-- product is ever computed from them.
CREATE TABLE IF NOT EXISTS controls (
  judge LowCardinality(String), version LowCardinality(String), item UUID, beside UUID, passes Bool, passed Nullable(Bool),
  missing LowCardinality(String), at DateTime64(3, 'UTC'), ver UInt64
) ENGINE = {engine:ver} PARTITION BY toMonday(at) ORDER BY (judge, version, beside)
TTL toDateTime(at) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;
