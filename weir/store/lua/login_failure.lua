-- Counts a wrong credential of an address; the count is forgotten a window after its first.
--
-- KEYS
--   failures    string, wrong attempts of the address
-- ARGV
--   window_ms   milliseconds
-- RETURNS
--   failures in this window, milliseconds until they are forgotten
-- MISSING
--   failures: made.
-- COST
--   O(1).
local failures = unpack(KEYS)
local window_ms = unpack(ARGV)

local count = redis.call('INCR', failures)
if count == 1 then redis.call('PEXPIRE', failures, window_ms) end
return {count, math.max(0, redis.call('PTTL', failures))}
