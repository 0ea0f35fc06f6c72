-- Brings samples of requests if somebody still listens, and tells what is listened for.
--
-- KEYS
--   wanted      hash listener -> what it asks for, behind 13 digits: the wall millisecond until which it does
--   samples     stream of samples
-- ARGV
--   most        samples to keep
--   ttl_ms      of the stream since its last sample
--   entries...  each a sample
-- RETURNS
--   {what a listener asks for, ...}: empty if nobody listens; then nothing was kept
-- MISSING
--   wanted: nobody listens. samples: made.
-- COST
--   O(listeners + entries).
local wanted, samples = unpack(KEYS)
local most, ttl_ms = unpack(ARGV, 1, 2)
local entries_at = 3

local all, asked = redis.call('HGETALL', wanted), {}
if #all > 0 then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for i = 1, #all, 2 do
    if tonumber(string.sub(all[i + 1], 1, 13)) > now then
      asked[#asked + 1] = string.sub(all[i + 1], 14)
    else
      redis.call('HDEL', wanted, all[i])
    end
  end
end
if #asked == 0 then return asked end

for i = entries_at, #ARGV do
  redis.call('XADD', samples, 'MAXLEN', most, '*', 's', ARGV[i])
end
if #ARGV >= entries_at then redis.call('PEXPIRE', samples, ttl_ms) end
return asked
