-- Gives what a person was asked, once: the answer is there.
--
-- KEYS
--   questions   hash "<wall milliseconds>.<secret>" -> question (msgpack), of one session
-- ARGV
--   id          of the request
--   life_ms     milliseconds after which it is too old to be answered
-- RETURNS
--   question, or empty: none, answered before, or too old
-- MISSING
--   questions: there is none.
-- COST
--   O(1).
local questions = unpack(KEYS)
local id, life_ms = unpack(ARGV)

local record = redis.call('HGET', questions, id)
if not record then return '' end
redis.call('HDEL', questions, id)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(string.sub(id, 1, 14)) <= now - life_ms then return '' end
return record
