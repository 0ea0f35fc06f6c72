-- Keeps what a node says of the present, for a while.
--
-- KEYS
--   word         string: what it said last
-- ARGV
--   text         bytes
--   keep_ms      how long it is good for
-- RETURNS
--   1
-- MISSING
--   word: made.
-- COST
--   O(1).
local word = unpack(KEYS)
local text, keep_ms = unpack(ARGV)

redis.call('SET', word, text, 'PX', keep_ms)
return 1
