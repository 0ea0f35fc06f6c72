-- Reads a family of refresh tokens.
--
-- KEYS
--   families     hash sid -> family (msgpack)
--   current      hash sid -> see family_begin.lua
--   ends         sorted set sid -> wall milliseconds when the refresh token ends
-- ARGV
--   sid          of the family
-- RETURNS
--   family, what stands in current, when it ends, now in milliseconds; family is empty where there is none, or it ended
-- MISSING
--   families, current, ends: there is none.
-- COST
--   O(1).
local families, current, ends = unpack(KEYS)
local sid = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record, token = redis.call('HGET', families, sid), redis.call('HGET', current, sid)
local last = tonumber(redis.call('ZSCORE', ends, sid) or 0)
if not record or not token or last <= now then return {'', '', 0, now} end
return {record, token, last, now}
