-- Takes tokens of a limit that holds in every calendar window, which all live nodes together can restore.
--
-- Each node has two counts that only grow, granted and given back; both are merged by taking the greater, so that
-- what a node says again heals a loss and does no harm otherwise.
--
-- KEYS
--   usage       hash: see keys.py
-- ARGV
--   window_ms   milliseconds of a window, counted from 1970 in UTC; 0 = a month
--   most        tokens of a window
--   want        tokens; 0 = none
--   least       fewer than this are of no use; at most want
--   divisor     the part of what is left that one call may take, 1 or more
--   node        who asks
--   life        of the node's process: a later one is greater
--   window      number of the window that the counts below belong to
--   nodes       more than this many have no place
--   at          milliseconds; '' = the server's clock
--   known...    node, granted, given back, ...: what the caller knows; its own counts among them
-- RETURNS
--   {granted, left, wait_ms, ttl_ms, window, why, {node, granted, given back, ...}}: why is ok | fenced (a later life of
--   the node was here) | full (too many nodes); both grant nothing. The caller's counts are
--   the last of the list.
-- MISSING
--   usage: nothing was granted, besides what the caller knows.
-- COST
--   O(nodes).
local usage = unpack(KEYS)
local window_ms, most, want, least, divisor, node, life, window, nodes, at = unpack(ARGV, 1, 10)

local function month_of(day)
  -- Howard Hinnant's civil_from_days: eras of 400 years whose years begin in March.
  local z = day + 719468
  local doe = z % 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  return (yoe + math.floor(z / 146097) * 400) * 12 + math.floor((5 * doy + 2) / 153) + 2
end

local width, need, time = tonumber(window_ms), tonumber(least), redis.call('TIME')
local now = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
local flat, state = redis.call('HGETALL', usage), {}
for place = 1, #flat, 2 do state[flat[place]] = flat[place + 1] end
now = math.max(now, tonumber(state.now or 0))
local current, ends = math.floor(now / width), (math.floor(now / width) + 1) * width
if width == 0 then
  local day = math.floor(now / 86400000)
  current, ends = month_of(day), day + 1
  while month_of(ends) == current do ends = ends + 1 end
  ends = ends * 86400000
end
if state.window and tonumber(state.window) ~= current then state = {}; redis.call('DEL', usage) end

local set = {usage, 'now', now, 'window', current}
local function merge(field, value)
  if tonumber(value) <= tonumber(state[field] or 0) then return end
  state[field], set[#set + 1], set[#set + 2] = value, field, value
end
for at = 11, #ARGV, 3 do
  if tonumber(window) ~= current then break end
  merge('g:' .. ARGV[at], ARGV[at + 1])
  merge('r:' .. ARGV[at], ARGV[at + 2])
end

local counts, taken, places, granted, wait, why = {}, 0, 0, 0, 0, 'ok'
for field, value in pairs(state) do
  local of = string.match(field, '^g:(.+)')
  if of then
    local back = tonumber(state['r:' .. of] or 0)
    taken, places = taken + value - back, places + 1
    if of ~= node then
      counts[#counts + 1], counts[#counts + 2], counts[#counts + 3] = of, tonumber(value), back
    end
  end
end
if tonumber(state['l:' .. node] or 0) > tonumber(life) then why = 'fenced'
elseif not state['g:' .. node] and places >= tonumber(nodes) then why = 'full' end

local left, mine = most - taken, tonumber(state['g:' .. node] or 0)
if why == 'ok' and tonumber(want) > 0 then
  if left >= need then granted = math.min(tonumber(want), math.max(need, math.floor(left / tonumber(divisor)))) end
  if granted > 0 then merge('l:' .. node, life) end
  merge('g:' .. node, mine + granted)
end
if granted == 0 then wait = ends - now end
if #set > 5 then
  redis.call('HSET', unpack(set))
  redis.call('PEXPIRE', usage, ends - now + 60000)
end
counts[#counts + 1], counts[#counts + 2], counts[#counts + 3] = node, mine + granted, tonumber(state['r:' .. node] or 0)
return {granted, left - granted, wait, ends - now, current, why, counts}
