-- Takes back an attempt that turned out right.
--
-- KEYS
--   first       string, attempts of one subject in its window
--   second      string, attempts of another subject in its window
-- ARGV
--   count       how many of each
-- RETURNS
--   0
-- MISSING
--   first, second: nothing to take back.
-- COST
--   O(1).
local first, second = unpack(KEYS)
local count = unpack(ARGV)

if tonumber(redis.call('GET', first) or 0) >= tonumber(count) then redis.call('DECRBY', first, count) end
if tonumber(redis.call('GET', second) or 0) >= tonumber(count) then redis.call('DECRBY', second, count) end
return 0
