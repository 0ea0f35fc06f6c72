-- Counts an attempt that may turn out wrong against two bounds, or against none where one of them is reached.
--
-- KEYS
--   first       string, attempts of one subject in its window
--   second      string, attempts of another subject in its window
-- ARGV
--   first_most        attempts in a window
--   first_window_ms   milliseconds, from the first attempt
--   second_most       attempts in a window
--   second_window_ms  milliseconds, from the first attempt
-- RETURNS
--   0, or the milliseconds to wait
-- MISSING
--   first, second: made.
-- COST
--   O(1).
local first, second = unpack(KEYS)
local first_most, first_window_ms, second_most, second_window_ms = unpack(ARGV)

local wait = 0
if tonumber(redis.call('GET', first) or 0) >= tonumber(first_most) then
  wait = math.max(1, redis.call('PTTL', first))
end
if tonumber(redis.call('GET', second) or 0) >= tonumber(second_most) then
  wait = math.max(1, wait, redis.call('PTTL', second))
end
if wait > 0 then return wait end
if redis.call('INCR', first) == 1 then redis.call('PEXPIRE', first, first_window_ms) end
if redis.call('INCR', second) == 1 then redis.call('PEXPIRE', second, second_window_ms) end
return 0
