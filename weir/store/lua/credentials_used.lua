-- Notes when credentials were last used. Those whose last use is longest ago are forgotten first.
--
-- KEYS
--   used         sorted set <kind>:<id> -> milliseconds of the last use
-- ARGV
--   step_ms      uses are noted in such steps
--   most         names to keep
--   uses...      name, milliseconds of its use, name, milliseconds, ...; later than now is now
-- RETURNS
--   how many names are kept
-- MISSING
--   used: made.
-- COST
--   O(uses × log names).
local used = unpack(KEYS)
local step_ms, most = unpack(ARGV, 1, 2)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 3, #ARGV, 2 do
  local at_ms = math.min(tonumber(ARGV[at + 1]), now)
  redis.call('ZADD', used, 'GT', string.format('%.0f', at_ms - at_ms % step_ms), ARGV[at])
end
redis.call('ZREMRANGEBYRANK', used, 0, -most - 1)
return redis.call('ZCARD', used)
