-- Adds one node's evidence of failing targets, and ejects for the whole cluster what the evidence of all supports:
-- from two nodes at least (or the only one), of 20 requests in 10 s, half of them, or so many in a row at each node
-- that had a good answer. Without one good answer fewer are enough: a whole row at two nodes each, or two rows at the
-- only one. An only target stays.
--
-- KEYS
--   suspects      sorted set member -> milliseconds of its last failure; a member is "<owner>/<upstream> <URL>"
--   evidence      hash member -> cmsgpack {{second, good, bad, node, row}, ...}
--   ejected       hash member -> cmsgpack {until_ms, times, length_ms}; once it is over the length is 0
--   nodes         sorted set node -> milliseconds of its last look (health_view.lua)
-- ARGV
--   node          who reports
--   now_ms        '' = the server's clock; given by tests only
--   entries...    member, targets of its upstream, percent that may be ejected, failures in a row, milliseconds of one
--                 ejection, good, bad, row: eight for each target; a node reports what failed and who is a suspect
-- RETURNS
--   {member, ...}: ejected now
-- MISSING
--   Anything: as if empty. All keys expire; an ejection ends by its own time.
--   Clock set back: what was seen in the future counts as seen now; health_view.lua mends the rest within a second.
-- COST
--   O(ejected + entries). At most 1000 members are suspects at a time.
local suspects, evidence, ejected, nodes = unpack(KEYS)
local node, now_ms = unpack(ARGV, 1, 2)
local SECONDS, LEAST, LIVE_MS, MOST, LONGEST_MS, TTL_MS = 10, 20, 30000, 1000, 300000, 660000

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)
local second = math.floor(now / 1000)
local is_only = redis.call('ZSCORE', nodes, node) and redis.call('ZCOUNT', nodes, now - LIVE_MS, '+inf') == 1

local known, out_of, stored = {}, {}, redis.call('HGETALL', ejected)
local function upstream_of(member) return string.match(member, '^(.*) ') end
for i = 1, #stored, 2 do
  local state, upstream = cmsgpack.unpack(stored[i + 1]), upstream_of(stored[i])
  known[stored[i]] = state
  if state[1] > now then out_of[upstream] = (out_of[upstream] or 0) + 1 end
end

local function add(member, good, bad, row)
  local raw, recent = redis.call('HGET', evidence, member), {}
  for _, one in ipairs(raw and cmsgpack.unpack(raw) or {}) do
    one[1] = math.min(one[1], second)
    if one[1] > second - SECONDS then recent[#recent + 1] = one end
  end
  recent[#recent + 1] = {second, good, bad, node, row}
  redis.call('HSET', evidence, member, cmsgpack.pack(recent))
  redis.call('PEXPIRE', evidence, 2000 * SECONDS)
  if bad > 0 then redis.call('ZADD', suspects, now, member) end
  redis.call('PEXPIRE', suspects, 2000 * SECONDS)
  return recent
end

local function is_proven(after, recent)
  local of, good, bad, row, reporters, rows = {}, 0, 0, math.huge, 0, 0
  for _, one in ipairs(recent) do
    local its = of[one[4]] or {good = 0, bad = 0}
    its.row = one[2] > 0 and one[5] or (its.row or 0) + one[3]
    its.good, its.bad, of[one[4]] = its.good + one[2], its.bad + one[3], its
  end
  for _, its in pairs(of) do
    good, bad = good + its.good, bad + its.bad
    if its.good > 0 then row = math.min(row, its.row) end
    if its.bad > 0 then reporters, rows = reporters + 1, rows + (its.bad >= after and 1 or 0) end
  end
  if good == 0 and (rows > 1 or (is_only and reporters == 1 and bad >= 2 * after)) then return true end
  return good + bad >= LEAST and (bad >= good or row >= after) and (reporters > 1 or (is_only and reporters == 1))
end

local told = {}
for at = 3, #ARGV, 8 do
  local member, targets, percent, after, for_ms, good, bad, row = unpack(ARGV, at, at + 7)
  local upstream, before = upstream_of(member), known[member]
  local watched = redis.call('ZSCORE', suspects, member) or (bad ~= '0' and redis.call('ZCARD', suspects) < MOST)
  local may = tonumber(targets) > 1 and (out_of[upstream] or 0) < math.max(1, math.floor(targets * percent / 100))
  if watched and not (before and before[1] > now)
      and is_proven(tonumber(after), add(member, tonumber(good), tonumber(bad), tonumber(row))) and may then
    local times = before and math.max(0, before[2] - math.floor((now - before[1]) / for_ms)) + 1 or 1
    local length = math.min(for_ms * times, math.max(LONGEST_MS, tonumber(for_ms)))
    known[member], out_of[upstream] = {now + length, times, length}, (out_of[upstream] or 0) + 1
    redis.call('HSET', ejected, member, cmsgpack.pack(known[member]))
    redis.call('PEXPIRE', ejected, length + TTL_MS)
    redis.call('HDEL', evidence, member)
    told[#told + 1] = member
  end
end
return told
