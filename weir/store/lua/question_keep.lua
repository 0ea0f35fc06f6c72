-- Keeps what a person is going to be asked, under the person's session; the earliest makes room.
--
-- KEYS
--   questions   hash "<wall milliseconds>.<secret>" -> question (msgpack), of one session
-- ARGV
--   secret      of the new one
--   record      (msgpack)
--   keep_ms     milliseconds after which it is forgotten
--   most        to keep of one session
-- RETURNS
--   the id of the question
-- MISSING
--   questions: made.
-- COST
--   O(questions of one session, which are few).
local questions = unpack(KEYS)
local secret, record, keep_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ids = redis.call('HKEYS', questions)
table.sort(ids)
for place = 1, #ids - tonumber(most) + 1 do redis.call('HDEL', questions, ids[place]) end
local id = string.format('%014.0f.%s', now, secret)
redis.call('HSET', questions, id, record)
redis.call('PEXPIRE', questions, keep_ms)
return id
