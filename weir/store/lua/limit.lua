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
--   back         tokens of that bucket that the holder gave back so far, these included
--   new_birth    unique; of a ring that begins now
--   at           milliseconds; '' = the server's clock
-- RETURNS
--   {granted, left, wait_ms, reset_ms, ttl_ms, bucket, birth}: nothing more can be granted within wait_ms (0 if it was
--   granted), the oldest tokens count for reset_ms, what was granted may be spent for ttl_ms
-- MISSING
--   ring: nothing was granted.
-- COST
--   O(buckets + holders that gave back).
local ring = unpack(KEYS)
local bucket_ms, buckets, most, want, least, divisor, further, holder, back_bucket, back_birth, back, new_birth, at
  = unpack(ARGV)

local width, count, need, time = tonumber(bucket_ms), tonumber(buckets), tonumber(least), redis.call('TIME')
local now = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
local flat, used, ended, state = redis.call('HGETALL', ring), {}, {}, {}
for place = 1, #flat, 2 do
  local kind, bucket = string.match(flat[place], '^([gr])(%d+)')
  if kind == 'g' then used[tonumber(bucket)] = tonumber(flat[place + 1]) else state[flat[place]] = flat[place + 1] end
  if kind then ended[#ended + 1] = {flat[place], tonumber(bucket)} end
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
  used, state, birth, ended = {[carried] = sum}, {}, new_birth, {}
  redis.call('HSET', ring, 'g' .. carried, sum)
elseif now < seen then
  now = seen
end

local b, changed, gone = math.floor(now / width), astray, {ring}
local booked = b + tonumber(further)
local given, ticket = tonumber(back_bucket), 'r' .. back_bucket .. ':' .. holder
local returned = tonumber(back) - tonumber(state[ticket] or 0)
if returned > 0 and back_birth == birth and given >= b - reach and used[given] then
  used[given], changed = used[given] - math.min(returned, used[given]), true
  redis.call('HSET', ring, ticket, back, 'g' .. given, used[given])
end

local left, order, granted, wait, reset = tonumber(most), {}, 0, 0, 0
for bucket, tokens in pairs(used) do
  if bucket >= b - reach and tokens > 0 then left = left - tokens; order[#order + 1] = bucket end
end
table.sort(order)
if tonumber(want) > 0 and left >= need then
  granted = math.min(tonumber(want), math.max(need, math.floor(left / tonumber(divisor))))
  used[booked], changed = (used[booked] or 0) + granted, true
  redis.call('HSET', ring, 'g' .. booked, used[booked])
end
local oldest, last = order[1], order[#order] or b
if granted > 0 then oldest, last = math.min(oldest or booked, booked), math.max(last, booked) end
if oldest then reset = (oldest + reach + 1) * width - now end
local free = left
for place = 1, granted == 0 and #order or 0 do
  if free < need then free, wait = free + used[order[place]], (order[place] + reach + 1) * width - now end
end
if changed then
  for place = 1, #ended do
    if ended[place][2] < b - reach then gone[#gone + 1] = ended[place][1] end
  end
  if #gone > 1 then redis.call('HDEL', unpack(gone)) end
  redis.call('HSET', ring, 'now', now, 'birth', birth)
  redis.call('PEXPIRE', ring, (last - b + reach + 2) * width)
end
return {granted, left - granted, wait, reset, (booked + 2) * width - now, booked, birth}
