-- Publishes the result of a check, if its prober still holds the lease, which this renews.
--
-- KEYS
--   lease         string: the node that checks; expires
--   checked       sorted set check -> milliseconds of its last result
--   results       hash check -> result
-- ARGV
--   node          who checked
--   for_ms        milliseconds from now on that the lease is good for
--   check         the same on all nodes
--   result        bytes
--   keep_ms       results that are older are removed
--   most          checks, of all upstreams; one more is not kept
--   now_ms        '' = the server's clock; given by tests only
-- RETURNS
--   1: published | 0: another node checks now, nothing was done | -1: too many checks
-- MISSING
--   lease: it ran out; nobody else took it, so the result counts and the lease is taken again.
-- COST
--   O(log checks + removed).
local lease, checked, results = unpack(KEYS)
local node, for_ms, check, result, keep_ms, most, now_ms = unpack(ARGV)

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)
local holder = redis.call('GET', lease)
if holder and holder ~= node then return 0 end
redis.call('SET', lease, node, 'PX', for_ms)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', checked, '-inf', now - keep_ms)) do
  redis.call('ZREM', checked, old)
  redis.call('HDEL', results, old)
end
if not redis.call('ZSCORE', checked, check) and redis.call('ZCARD', checked) >= tonumber(most) then return -1 end
redis.call('ZADD', checked, now, check)
redis.call('HSET', results, check, result)
redis.call('PEXPIRE', checked, keep_ms)
redis.call('PEXPIRE', results, keep_ms)
return 1
