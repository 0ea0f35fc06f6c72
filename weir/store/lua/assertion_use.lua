-- Notes that a client's assertion was used, if it was not before.
--
-- KEYS
--   assertions   sorted set SHA-256 of client and jti -> Unix second of its end
-- ARGV
--   name         SHA-256 of client and jti, hex
--   ends_s       Unix second after which the assertion is refused for its age
--   most         assertions to keep
-- RETURNS
--   used (now, for the first time) | replayed | full
-- MISSING
--   assertions: made.
-- COST
--   O(log kept + ended).
local assertions = unpack(KEYS)
local name, ends_s, most = unpack(ARGV)

local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', assertions, '-inf', now - 1)
if redis.call('ZSCORE', assertions, name) then return 'replayed' end
if redis.call('ZCARD', assertions) >= tonumber(most) then return 'full' end
redis.call('ZADD', assertions, ends_s, name)
return 'used'
