-- Takes tokens of a smooth limit: most per per_ms, evenly spaced, with up to burst at once (GCRA, ITU-T I.371, in its
-- form as a leaky bucket).
--
-- KEYS
--   level       string: see keys.py
-- ARGV
--   per_ms      milliseconds in which most tokens come back
--   most        tokens
--   burst       tokens that may go at once, 1 or more
--   want        tokens
--   least       fewer than this are of no use; at most want
--   at          milliseconds; '' = the server's clock
-- RETURNS
--   {granted, left, wait_ms, reset_ms}: nothing more can be granted within wait_ms (0 if it was granted), all of burst
--   is there again after reset_ms
-- MISSING
--   level: all of burst is there.
-- COST
--   O(1).
local level = unpack(KEYS)
local per_ms, most, burst, want, least, at = unpack(ARGV)

-- The level with its time, not the theoretical arrival time: a time in microseconds has no digits left for thirds.
local full, need, pace, time = tonumber(burst), tonumber(least), most / (per_ms * 1000), redis.call('TIME')
local now = at ~= '' and at * 1000 or time[1] * 1000000 + time[2]
local stored, kept = string.match(redis.call('GET', level) or '', '^(%S+) (%S+)$')
local filled, since = tonumber(stored or 0), tonumber(kept or now)
-- A clock that was set back stands still; one that had run ahead by more than per_ms is followed.
if since - now > per_ms * 1000 then since = now end
filled = math.max(0, filled - math.max(0, now - since) * pace)

-- A hair's breadth, so that the rounding of the level never refuses what is due.
local left, granted, wait = math.floor(full - filled + 1e-6), 0, 0
if left >= need then granted = math.min(tonumber(want), left) else wait = (filled + need - full) / pace / 1000 end
if granted > 0 then
  filled = filled + granted
  local keep = math.ceil(filled / pace / 1000)
  redis.call('SET', level, string.format('%.17g %.0f', filled, math.max(now, since)), 'PX', keep)
end
return {granted, left - granted, math.ceil(wait - 1e-6), math.ceil(filled / pace / 1000 - 1e-6)}
