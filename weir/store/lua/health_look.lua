-- Reads which targets are ejected for the whole cluster now, without counting as a node that looks.
--
-- KEYS
--   ejected       hash member -> cmsgpack {until_ms, times, length_ms}
-- ARGV
--   now_ms        '' = the server's clock; given by tests only
-- RETURNS
--   {member, milliseconds left, ...}
-- MISSING
--   ejected: nobody is.
--   Clock set back: no more than a whole ejection is left.
-- COST
--   O(ejected).
local ejected = unpack(KEYS)
local now_ms = unpack(ARGV)

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)
local out, stored = {}, redis.call('HGETALL', ejected)
for place = 1, #stored, 2 do
  local until_ms, _, length = unpack(cmsgpack.unpack(stored[place + 1]))
  local left = math.min(until_ms - now, length)
  if left > 0 then
    out[#out + 1] = stored[place]
    out[#out + 1] = left
  end
end
return out
