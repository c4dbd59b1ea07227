-- What waits for people. The payload is the sample as it is shown: it must neither change nor expire while it waits.
CREATE TABLE IF NOT EXISTS review_items (
  item UUID, sample_id UUID, app LowCardinality(String), judge LowCardinality(String), rubric LowCardinality(String),
  payload String CODEC(ZSTD(3)), reason LowCardinality(String), inclusion Float64, wanted UInt8, created DateTime64(3, 'UTC'),
  due_ms UInt64, opinion String CODEC(ZSTD(3)), verdict LowCardinality(String), erased Bool,
  written DateTime64(3, 'UTC') DEFAULT now64(3), ver UInt64 COMMENT 'the first stands, unless it was erased',
  INDEX ix_sample sample_id TYPE bloom_filter(0.01) GRANULARITY 1, INDEX ix_written written TYPE minmax GRANULARITY 1
) ENGINE = {engine:ver} PARTITION BY toMonday(created) ORDER BY item
TTL toDateTime(created) + INTERVAL {text_days} DAY SETTINGS ttl_only_drop_parts = 1;

-- Every step of every reviewer, kept: the newest of an item and a reviewer stands.
CREATE TABLE IF NOT EXISTS reviews (
  item UUID, reviewer UUID, at DateTime64(3, 'UTC'), state LowCardinality(String), answers String CODEC(ZSTD(3)),
  comment String CODEC(ZSTD(3)), cannot_tell Bool, until_ms UInt64, seconds Float32, revision UInt16,
  outside_id String, written DateTime64(3, 'UTC') DEFAULT now64(3), ver UInt64,
  INDEX ix_written written TYPE minmax GRANULARITY 1
) ENGINE = {engine:ver} PARTITION BY toMonday(at) ORDER BY (item, reviewer, at)
TTL toDateTime(at) + INTERVAL {retention_days} DAY SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS users (
  id UUID, name String, role LowCardinality(String), password_hash String, apps Array(String), disabled Bool, changed_ms UInt64
) ENGINE = {engine:changed_ms} ORDER BY id;

-- What an outside tool calls our items: so that nothing is pushed twice, whatever is killed.
CREATE TABLE IF NOT EXISTS review_tasks (
  tool LowCardinality(String), item UUID, project String, task String, ver UInt64
) ENGINE = {engine:ver} ORDER BY (tool, item);
