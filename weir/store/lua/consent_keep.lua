-- Remembers what a person allowed an application.
--
-- KEYS
--   consents    hash client -> consent (msgpack), of one person
-- ARGV
--   client      of the application
--   record      (msgpack)
--   keep_ms     milliseconds after which all that is kept now is forgotten
--   most        applications of one person
-- RETURNS
--   1, or 0: there are too many, and the person is asked again next time
-- MISSING
--   consents: made.
-- COST
--   O(1).
local consents = unpack(KEYS)
local client, record, keep_ms, most = unpack(ARGV)

local is_new = redis.call('HEXISTS', consents, client) == 0
if is_new and redis.call('HLEN', consents) >= tonumber(most) then return 0 end
redis.call('HSET', consents, client, record)
redis.call('PEXPIRE', consents, keep_ms)
return 1
