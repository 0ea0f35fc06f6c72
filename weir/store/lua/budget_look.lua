-- Reads one upstream's retry budget without booking, granting or keeping anything: what budget.lua would find now.
--
-- KEYS
--   ring         hash: see keys.py
--   windows      hash: see budget.lua
-- ARGV
--   width_ms     milliseconds of a bucket, 1 or more
--   buckets      of a window, 1 or more
--   at           milliseconds; '' = the server's clock
-- RETURNS
--   {now_ms, units granted that still count, thousandths of a unit earned in the window, first attempts in the window,
--   most first attempts in one window, milliseconds until units are granted again after a loss of data or another
--   window, or 0}
-- MISSING
--   ring: all 0.
-- COST
--   O(buckets).
local ring, windows = unpack(KEYS)
local width_ms, buckets, at = unpack(ARGV)

local width, count, time = tonumber(width_ms), tonumber(buckets), redis.call('TIME')
local clock = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
local flat, state = redis.call('HGETALL', ring), {}
if #flat == 0 then return {0, 0, 0, 0, 0, 0} end
for place = 1, #flat, 2 do state[flat[place]] = flat[place + 1] end
local now, others_end, ends = math.max(clock, tonumber(state.now or 0)), -math.huge, redis.call('HGETALL', windows)
for place = 1, #ends, 2 do
  local longest = clock + tonumber(string.match(ends[place], '^%d+'))
  if ends[place] ~= width_ms .. ':' .. buckets then
    others_end = math.max(others_end, math.min(longest, tonumber(ends[place + 1])))
  end
end
local b = math.floor(now / width)

local function sum(kind, from)
  local total = 0
  for bucket = from, b do total = total + tonumber(state[kind .. bucket] or 0) end
  return total
end
return {now, sum('g', b - count), sum('c', b - count + 1), sum('a', b - count + 1), tonumber(state.peak or 0),
  math.max(0, tonumber(state.quarantine or 0) - now, others_end + width * count - clock)}
