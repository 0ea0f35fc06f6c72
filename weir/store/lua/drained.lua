-- Reads which targets are drained now, and for how long still.
--
-- KEYS
--   drains       hash target -> the drain, behind 13 digits: the wall millisecond of its end
-- ARGV
--   most         targets to return
-- RETURNS
--   {now_ms, {target, milliseconds left, drain, ...}} without those that are over
-- MISSING
--   drains: nobody is drained.
-- COST
--   O(drains).
local drains = unpack(KEYS)
local most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all, found = redis.call('HGETALL', drains), {}
for place = 1, #all, 2 do
  local left = tonumber(string.sub(all[place + 1], 1, 13)) - now
  if left > 0 and #found < 3 * tonumber(most) then
    found[#found + 1] = all[place]
    found[#found + 1] = left
    found[#found + 1] = string.sub(all[place + 1], 14)
  end
end
return {now, found}
