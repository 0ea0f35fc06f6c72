-- A device asks whether the person has decided; what was allowed is given once.
--
-- KEYS
--   device      hash of the device: record, client, status, ends_ms, interval_ms, polled_ms, decision
--   devices     sorted set id -> wall milliseconds when it stops waiting
-- ARGV
--   id          of the device
--   client      that asks
--   step_ms     milliseconds by which the interval grows when it asks too soon
-- RETURNS
--   a word, and the record and the decision where it is "approved": "unknown", "other" (another client's), "expired",
--   "pending", "slow", "denied", "used" (given before)
-- MISSING
--   device: unknown.
-- COST
--   O(log waiting).
local device, devices = unpack(KEYS)
local id, client, step_ms = unpack(ARGV)

local owner, status, ends, interval, polled =
  unpack(redis.call('HMGET', device, 'client', 'status', 'ends_ms', 'interval_ms', 'polled_ms'))
if not owner then return {'unknown', '', ''} end
if owner ~= client then return {'other', '', ''} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if status == 'denied' or status == 'used' then return {status, '', ''} end
if tonumber(ends) <= now then return {'expired', '', ''} end
if status == 'approved' then
  redis.call('HSET', device, 'status', 'used')
  redis.call('ZREM', devices, id)
  return {status, redis.call('HGET', device, 'record'), redis.call('HGET', device, 'decision')}
end
redis.call('HSET', device, 'polled_ms', string.format('%.0f', now))
if now - tonumber(polled) < tonumber(interval) then
  redis.call('HINCRBY', device, 'interval_ms', step_ms)
  return {'slow', '', ''}
end
return {'pending', '', ''}
