-- Says for a while that somebody listens for samples of requests, or that they do no longer.
--
-- KEYS
--   wanted      hash listener -> what it asks for, behind 13 digits: the wall millisecond until which it does
-- ARGV
--   listener    who
--   for_ms      how long; 0 = no longer
--   asked       what for (msgpack)
--   most        listeners
-- RETURNS
--   1 noted | 0 there are as many as may be
-- MISSING
--   wanted: made.
-- COST
--   O(1); O(listeners) where they are as many as may be.
local wanted = unpack(KEYS)
local listener, for_ms, asked, most = unpack(ARGV)

if for_ms == '0' then
  redis.call('HDEL', wanted, listener)
  return 1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', wanted, listener) == 0 and redis.call('HLEN', wanted) >= tonumber(most) then
  local all = redis.call('HGETALL', wanted)
  for i = 1, #all, 2 do
    if tonumber(string.sub(all[i + 1], 1, 13)) <= now then redis.call('HDEL', wanted, all[i]) end
  end
  if redis.call('HLEN', wanted) >= tonumber(most) then return 0 end
end
redis.call('HSET', wanted, listener, string.format('%013.0f', now + for_ms) .. asked)
redis.call('PEXPIRE', wanted, for_ms)
return 1
