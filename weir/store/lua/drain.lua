-- Takes targets out of service for a while, or lets them back, and tells the feed.
--
-- KEYS
--   head         hash: seq; see keys.py
--   drains       hash target -> the drain as its writer wrote it, behind 13 digits: the wall millisecond of its end
--   feed         stream of changes
-- ARGV
--   target       <owner>/<upstream> <URL>
--   for_ms       how long; 0 = it is let back
--   drain        what is kept besides the end
--   most         drains to keep, those that are over not counted
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   {'drained', until_ms} | {'undrained', 0} | {'unknown', 0}: it was not drained | {'full', most}
--   {'empty', 0}: nothing was ever published here
-- MISSING
--   head: nothing is done. drains: made.
-- COST
--   O(1); O(drains) where they are as many as may be.
local head, drains, feed = unpack(KEYS)
local target, for_ms, drain, most, feed_length, wake = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ends(entry) return tonumber(string.sub(entry, 1, 13)) end

local seq = redis.call('HGET', head, 'seq')
if not redis.call('HGET', head, 'incarnation') then return {'empty', 0} end
local before = redis.call('HGET', drains, target)
if before and ends(before) <= now then before = false end

local answer
if for_ms == '0' then
  redis.call('HDEL', drains, target)
  if not before then return {'unknown', 0} end
  answer = {'undrained', 0}
else
  if redis.call('HLEN', drains) >= tonumber(most) then
    local all = redis.call('HGETALL', drains)
    for place = 1, #all, 2 do
      if ends(all[place + 1]) <= now then redis.call('HDEL', drains, all[place]) end
    end
    if not before and redis.call('HLEN', drains) >= tonumber(most) then return {'full', tonumber(most)} end
  end
  local until_ms = now + for_ms
  redis.call('HSET', drains, target, string.format('%013.0f', until_ms) .. drain)
  local left = redis.call('PTTL', drains)
  if left < tonumber(for_ms) then redis.call('PEXPIRE', drains, for_ms) end
  answer = {'drained', until_ms}
end
seq = tonumber(seq) + 1
redis.call('HSET', head, 'seq', seq)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'drain', 'id', target)
-- pcall: a user without the right to publish on the channel still drains; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return answer
