-- Books what one holder saw of an upstream's traffic, takes unspent units back, and grants units for retries.
--
-- A window is `buckets` buckets of `width_ms`. A unit is granted in a bucket and must be spent before that bucket ends,
-- so that the units of any buckets + 1 neighbouring buckets are all that can be spent within any window.
--
-- What a holder says was earned and seen is spread evenly over the time since its last word, by the clock of the ring:
-- else the first word after a silence would give one window what many earned. What is older than the ring is dropped,
-- and what was told last by a clock that was ahead. A word that waited in a server that stood still is no last word.
-- First attempts stay for two windows: late words raise the peak too.
--
-- An upstream whose window changes has another ring, which knows nothing of what this one granted. So each says when
-- its units are over, by the server's clock, and grants nothing before those of the others have left its window. A
-- moment more than a bucket from now is that of a clock that was ahead.
--
-- KEYS
--   ring        hash: see keys.py
--   holder      hash: what was heard of the calling holder
--   peaks       hash hour -> most first attempts in one window of that hour
--   windows     hash width_ms:buckets -> when the units that such a ring of the upstream granted are over
-- ARGV
--   width_ms    milliseconds of a bucket, 1 or more
--   buckets     of a window, 1 or more
--   cap         most units of any window, the reserve included; '' = a tenth of the peak window, at least least_cap
--   least_cap   units
--   reserve     units of the cap that are never granted here
--   floor       units of any window that need no credit
--   want        units; 0 = none
--   divisor     the part of what is left that one call may take, 1 or more
--   over_ms     milliseconds since the holder sent the last word that was answered; 0 = it does not know
--   seq         greater in every call of one holder
--   credits     thousandths of a unit that the holder earned since it began
--   attempts    first attempts that the holder saw since it began
--   back_bucket the bucket of the units that come back
--   back        units of it that will not be spent; 0 = none
--   at          milliseconds; '' = the server's clock
--   history     of the data; '' = who the server is and which replication history it has
-- RETURNS
--   {granted, bucket, milliseconds left of it, units left, why, milliseconds until asking again may help, cap, now,
--   credit}: why is ok | cap | ratio | quarantine, of a call that wants nothing too; credit is what the window allows
-- MISSING
--   ring, or data of another history: nothing is granted until all that may have been granted before is over.
--   holder: its counts are taken as the beginning and book nothing. peaks: the cap is least_cap. windows: no other ring
--   granted anything.
-- COST
--   O(buckets).
local ring, holder, peaks, windows = unpack(KEYS)
local width_ms, buckets, cap, least_cap, reserve, floor, want, divisor, over_ms, seq, credits, attempts,
  back_bucket, back, at, history = unpack(ARGV)

local width, count, given, time = tonumber(width_ms), tonumber(buckets), tonumber(back_bucket), redis.call('TIME')
local clock = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
if history == '' then
  local info = redis.call('INFO', 'server', 'replication')
  history = string.match(info, 'run_id:(%x+)') .. ':' .. string.match(info, 'master_replid:(%x+)')
end
local flat, state = redis.call('HGETALL', ring), {}
for place = 1, #flat, 2 do state[flat[place]] = flat[place + 1] end
local now = math.max(clock, tonumber(state.now or 0))
if state.history ~= history or now - clock > width * count then
  redis.call('DEL', ring)
  now = clock
  state = {quarantine = (math.floor(now / width) + count + 2) * width}
end
local b = math.floor(now / width)

local function sum(kind, from, to)
  local total = 0
  for bucket = from, to do total = total + tonumber(state[kind .. bucket] or 0) end
  return total
end
local function add(kind, bucket, units)
  state[kind .. bucket] = tonumber(state[kind .. bucket] or 0) + units
end
local function spread(kind, oldest, units, since)
  local function upto(edge)
    return math.floor(units * math.min(1, math.max(0, edge - since) / math.max(1, now - since)))
  end
  for bucket = math.max(oldest, math.floor(since / width)), b do
    add(kind, bucket, upto((bucket + 1) * width) - upto(bucket * width))
  end
end

local last, hour = tonumber(state.bucket or b), math.floor(now / 3600000)
if cap == '' and (b > last or not state.peak) then
  local seen, of = 0, math.floor(last * width / 3600000)
  for edge = last - count, last do seen = math.max(seen, sum('a', edge - count + 1, edge)) end
  if seen > tonumber(redis.call('HGET', peaks, of) or 0) then redis.call('HSET', peaks, of, seen) end
  local hours = redis.call('HGETALL', peaks)
  state.peak = 0
  for place = 1, #hours, 2 do
    if math.abs(hour - tonumber(hours[place])) > 24 then redis.call('HDEL', peaks, hours[place])
    else state.peak = math.max(state.peak, tonumber(hours[place + 1])) end
  end
  redis.call('PEXPIRE', peaks, 90000000)
end
local old = {ring}
for field in pairs(state) do
  local kind, bucket = string.match(field, '^([gca])(%d+)$')
  if bucket and tonumber(bucket) < b - (kind == 'a' and 2 * count or count) then old[#old + 1] = field end
end
for place = 2, #old do state[old[place]] = nil end
if #old > 1 then redis.call('HDEL', unpack(old)) end

local mine, others_end = width_ms .. ':' .. buckets, -math.huge
local ends = redis.call('HGETALL', windows)
for place = 1, #ends, 2 do
  local over, longest = tonumber(ends[place + 1]), clock + tonumber(string.match(ends[place], '^%d+'))
  if over > longest then
    over = longest
    redis.call('HSET', windows, ends[place], over)
  end
  if clock - over > 172800000 then redis.call('HDEL', windows, ends[place])
  elseif ends[place] ~= mine then others_end = math.max(others_end, over) end
end

local known = redis.call('HMGET', holder, 'history', 'seq', 'credits', 'attempts', 'at')
local first = known[1] ~= history
local fresh = first or tonumber(seq) > tonumber(known[2])
if fresh then
  if not first then
    local since = math.min(tonumber(known[5] or now), over_ms == '0' and math.huge or now - over_ms)
    spread('c', b - count + 1, math.max(0, credits - known[3]), since)
    spread('a', b - 2 * count + 1, math.max(0, attempts - known[4]), since)
    if b - count <= given and given <= b then add('g', given, -math.min(back, sum('g', given, given))) end
  end
  redis.call('HSET', holder, 'history', history, 'seq', seq, 'credits', credits, 'attempts', attempts,
    'at', now)
  redis.call('PEXPIRE', holder, math.max(60000, (2 * count + 2) * width))
end

local most = tonumber(cap) or math.max(tonumber(least_cap), math.floor(tonumber(state.peak or 0) / 10))
local credit = math.max(tonumber(floor), math.floor(sum('c', b - count + 1, b) / 1000))
local budget = math.max(0, math.min(most - reserve, credit))
local left, granted, why = budget - sum('g', b - count, b), 0, 'ok'
local again, wait = (b + 1) * width - now, math.max(state.quarantine - now, others_end + width * count - clock)
if wait > 0 then
  why, again = 'quarantine', wait
elseif left <= 0 then
  why = credit < most - reserve and 'ratio' or 'cap'
  for bucket = b - count, b do
    if why == 'cap' and sum('g', bucket, bucket) > 0 then again = (bucket + count + 1) * width - now; break end
  end
elseif fresh and tonumber(want) > 0 then
  granted = math.min(want, math.max(1, math.floor(left / divisor)))
  add('g', b, granted)
  redis.call('HSET', windows, mine, clock + again)
  redis.call('PEXPIRE', windows, 172800000)
end
state.now, state.bucket, state.history = now, b, history
local fields = {ring}
for field, value in pairs(state) do fields[#fields + 1] = field; fields[#fields + 1] = value end
redis.call('HSET', unpack(fields))
redis.call('PEXPIRE', ring, math.max(86400000, (2 * count + 2) * width))
return {granted, b, (b + 1) * width - now, math.max(0, left - granted), why, again, most, now, credit}
