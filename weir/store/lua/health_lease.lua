-- Elects the one node that checks a target: whoever asks first holds the lease, and renews it by asking again.
--
-- KEYS
--   lease         string: the node that checks; expires
-- ARGV
--   node          who asks
--   for_ms        milliseconds from now on that the lease is good for
-- RETURNS
--   {1, for_ms}: the node holds it | {0, remaining_ms, node that holds it}
-- MISSING
--   lease: nobody checks; the asker does now.
--   Clock set back: a lease that would live longer than any does is good for for_ms from now on.
-- COST
--   O(1).
local lease = unpack(KEYS)
local node, for_ms = unpack(ARGV)

if redis.call('SET', lease, node, 'NX', 'PX', for_ms) then return {1, tonumber(for_ms)} end
local holder = redis.call('GET', lease)
if holder == node then
  redis.call('PEXPIRE', lease, for_ms)
  return {1, tonumber(for_ms)}
end
local left = redis.call('PTTL', lease)
if left > tonumber(for_ms) then
  redis.call('PEXPIRE', lease, for_ms)
  left = tonumber(for_ms)
end
return {0, left, holder}
