-- Counts the nodes that have spoken lately and names the first of them.
--
-- KEYS
--   nodes       sorted set node -> wall milliseconds of its last word
-- ARGV
--   within_ms   milliseconds since the last word for a node to count as live
--   limit       names to return; 0 = only count
-- RETURNS
--   {count, {node, milliseconds since its last word, ...}}, the latest first
-- MISSING
--   nodes: {0, {}}.
-- COST
--   O(log nodes + names returned).
local nodes = unpack(KEYS)
local within_ms, limit = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = now - within_ms
local found = redis.call('ZRANGE', nodes, '+inf', oldest, 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES')
for place = 2, #found, 2 do found[place] = math.max(0, now - tonumber(found[place])) end
return {redis.call('ZCOUNT', nodes, oldest, '+inf'), found}
