-- With which probability a check was to look at the sample; rows from before have none, and were looked at for certain.
ALTER TABLE samples ADD COLUMN IF NOT EXISTS `check.inclusion` Array(Float32);
