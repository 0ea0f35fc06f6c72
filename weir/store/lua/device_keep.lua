-- Keeps a device that waits for a person's word (RFC 8628).
--
-- KEYS
--   device      hash of the device: record, client, status, ends_ms, interval_ms, polled_ms, decision
--   code        string, id of the device that the user code belongs to
--   devices     sorted set id -> wall milliseconds when it stops waiting
-- ARGV
--   id          of the device
--   client      that asks
--   record      (msgpack)
--   life_ms     milliseconds until the codes are too old
--   keep_ms     milliseconds until nothing is known of the device
--   interval_ms milliseconds that the device is to wait between two questions
--   most        devices that may wait
-- RETURNS
--   "kept", "taken": the user code is another's, or "full"
-- MISSING
--   device, code, devices: made.
-- COST
--   O(log waiting + forgotten), at most 1000 are forgotten.
local device, code, devices = unpack(KEYS)
local id, client, record, life_ms, keep_ms, interval_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', devices, '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', devices, old)
end
if redis.call('ZCARD', devices) >= tonumber(most) then return 'full' end
if not redis.call('SET', code, id, 'NX', 'PX', life_ms) then return 'taken' end
local ends = string.format('%.0f', now + life_ms)
redis.call('HSET', device, 'record', record, 'client', client, 'status', 'pending', 'ends_ms', ends,
  'interval_ms', interval_ms, 'polled_ms', 0)
redis.call('PEXPIRE', device, keep_ms)
redis.call('ZADD', devices, ends, id)
redis.call('PEXPIRE', devices, keep_ms)
return 'kept'
