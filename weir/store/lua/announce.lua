-- Notes that a node lives now, and forgets nodes that have not spoken for long.
--
-- KEYS
--   nodes       sorted set node -> wall milliseconds of its last word
-- ARGV
--   node        its name
--   forget_ms   milliseconds of silence after which a node is forgotten
--   most        nodes to remember; a new one beyond it is refused
-- RETURNS
--   1 noted | 0 refused
-- MISSING
--   nodes: made.
-- COST
--   O(log nodes + nodes forgotten).
local nodes = unpack(KEYS)
local node, forget_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now - forget_ms)
if redis.call('ZCARD', nodes) >= tonumber(most) and not redis.call('ZSCORE', nodes, node) then return 0 end
redis.call('ZADD', nodes, now, node)
return 1
