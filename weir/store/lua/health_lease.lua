-- Elects the one node that checks a target: whoever asks first holds the lease, and renews it by asking again.
--
-- KEYS
--   lease         string: the node that checks; expires
--   checked       sorted set check -> milliseconds of its last result
--   results       hash check -> result
-- ARGV
--   node          who asks
--   for_ms        milliseconds from now on that the lease is good for
--   check         the same on all nodes
--   now_ms        '' = the server's clock; given by tests only
-- RETURNS
--   {1, for_ms, node, age_ms, result}: the node holds it, and this was found last, by whomever
--   {0, remaining_ms, node that holds it}
-- MISSING
--   lease: nobody checks; the asker does now.
--   checked, results: nothing was found; the result is empty.
--   Clock set back: a lease that would live longer than any does is good for for_ms from now on.
-- COST
--   O(log checks).
local lease, checked, results = unpack(KEYS)
local node, for_ms, check, now_ms = unpack(ARGV)
for_ms = tonumber(for_ms)

local holder = redis.call('GET', lease)
if holder and holder ~= node then
  local left = redis.call('PTTL', lease)
  if left > for_ms then
    redis.call('PEXPIRE', lease, for_ms)
    left = for_ms
  end
  return {0, left, holder}
end
redis.call('SET', lease, node, 'PX', for_ms)

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)
local at = redis.call('ZSCORE', checked, check)
return {1, for_ms, node, at and math.max(0, now - at) or 0, at and redis.call('HGET', results, check) or ''}
