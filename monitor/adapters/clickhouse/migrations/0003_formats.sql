-- Records that hold nothing to evaluate are accounted for too.
ALTER TABLE ledger MODIFY COLUMN
  outcome Enum8('scored' = 1, 'sampled_out' = 2, 'over_budget' = 3, 'failed' = 4, 'dead' = 5, 'ignored' = 6);
ALTER TABLE samples ADD COLUMN IF NOT EXISTS first_token_ms Nullable(Float32) AFTER latency_ms;
