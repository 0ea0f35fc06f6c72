-- Takes tokens of a limit that holds in every window of buckets * bucket_ms: a lease until a bucket ends.
--
-- Tokens are booked in the bucket in which they are granted, or in one that is further, and must be spent before the one
-- after that ends. So those that a window sees were booked in the bucket before its first one or later, and when the last
-- of them was granted, all of them were in the sum that was held against the limit: a window touches buckets + 1 buckets,
-- and the sum has the buckets + 1 before the present one, this one, and all that are further. A holder has at least the
-- length of a bucket to take new tokens before the old ones end.
--
-- KEYS
--   ring         hash: see keys.py
-- ARGV
--   bucket_ms    milliseconds of a bucket, 1 or more
--   buckets      of a window, 1 or more
--   most         tokens of a window
--   want         tokens; 0 = none, only give back
--   least        fewer than this are of no use; at most want
--   divisor      the part of what is left that one call may take, 1 or more
--   further      booked so many buckets after the present one: they live longer, and count longer
--   holder       who asks
--   back_bucket  the bucket of the tokens that come back
--   back_birth   of the ring that granted them
--   back         tokens of that bucket that come back
--   back_number  of this giving back: greater than that of the holder's last; it is taken once however often it is
--                said. A holder goes on to the next when it has heard a reply. 0 = nothing comes back
--   new_birth    unique; of a ring that begins now
--   at           milliseconds; '' = the server's clock
-- RETURNS
--   {granted, left, wait_ms, reset_ms, ttl_ms, bucket, birth}: nothing more can be granted within wait_ms (0 if it was
--   granted), the oldest tokens count for reset_ms, what was granted may be spent for ttl_ms; birth is new_birth of the
--   call that began the ring, and ':' with that of the call that carried it to another time, if one did
-- MISSING
--   ring: nothing was granted.
-- COST
--   O(buckets + holders that gave back within a window).
local ring = unpack(KEYS)
local bucket_ms, buckets, most, want, least, divisor, further, holder, back_bucket, back_birth, back, back_number,
  new_birth, at = unpack(ARGV)

local width, count, need, time = tonumber(bucket_ms), tonumber(buckets), tonumber(least), redis.call('TIME')
local now = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
local flat, used, latest, state = redis.call('HGETALL', ring), {}, {}, {}
for place = 1, #flat, 2 do
  local field, value = flat[place], flat[place + 1]
  local bucket = tonumber(string.match(field, '^g(%d+)$'))
  if bucket then used[bucket] = tonumber(value) else state[field] = value end
  latest[field] = bucket or string.sub(field, 1, 1) == 'r' and tonumber(string.match(value, ':(%d+)$')) or nil
end
local seen, birth = tonumber(state.now or 0), state.birth or new_birth
local reach = count + 1 -- so many buckets before the current one count

-- A clock that was set back stands still. One that had run ahead by more than a window is followed, and all that counts
-- comes along, one bucket later than the latest: what was granted a moment ago may still be spent a bucket later.
local astray = seen - now > (reach + 1) * width
if astray then
  local sum, was, carried = 0, math.floor(seen / width), math.floor(now / width) + 1
  local shift = carried - was
  for bucket, granted in pairs(used) do
    if bucket >= was - reach then sum, carried = sum + granted, math.max(carried, bucket + shift) end
  end
  redis.call('DEL', ring)
  used, state, birth, latest = {[carried] = sum}, {}, string.match(birth, '^[^:]*') .. ':' .. new_birth, {}
  redis.call('HSET', ring, 'g' .. carried, sum)
elseif now < seen then
  now = seen
end

local b, changed, booked = math.floor(now / width), astray, math.floor(now / width) + tonumber(further)
-- One ticket for each holder: the number of what it gave back last, and the latest bucket to which some of it belonged.
local given, ticket, returned = tonumber(back_bucket), 'r' .. holder, tonumber(back)
local number = tonumber(string.match(state[ticket] or '', '^%d+') or 0)
if tonumber(back_number) > number and back_birth == birth and given >= b - reach and used[given] then
  used[given], changed = used[given] - math.min(returned, used[given]), true
  latest[ticket] = math.max(given, latest[ticket] or given)
  redis.call('HSET', ring, ticket, back_number .. ':' .. latest[ticket], 'g' .. given, used[given])
end

-- A bucket that came back whole counts for how long the ring lives: who was granted it takes a ring that is gone for a
-- loss of data.
local left, order, granted, wait, reset, last = tonumber(most), {}, 0, 0, 0, b
for bucket, tokens in pairs(used) do
  last = math.max(last, bucket)
  if bucket >= b - reach and tokens > 0 then left = left - tokens; order[#order + 1] = bucket end
end
table.sort(order)
if tonumber(want) > 0 and left >= need then
  granted = math.min(tonumber(want), math.max(need, math.floor(left / tonumber(divisor))))
  used[booked], changed = (used[booked] or 0) + granted, true
  redis.call('HSET', ring, 'g' .. booked, used[booked])
end
local free, oldest = left, order[1]
if granted > 0 then oldest, last = math.min(oldest or booked, booked), math.max(last, booked) end
if oldest then reset = (oldest + reach + 1) * width - now end
for place = 1, granted == 0 and #order or 0 do
  if free < need then free, wait = free + used[order[place]], (order[place] + reach + 1) * width - now end
end
if changed then
  for field, bucket in pairs(latest) do
    if bucket < b - reach then redis.call('HDEL', ring, field) end
  end
  redis.call('HSET', ring, 'now', now, 'birth', birth)
  redis.call('PEXPIRE', ring, (last - b + reach + 2) * width)
end
return {granted, left - granted, wait, reset, (booked + 2) * width - now, booked, birth}
