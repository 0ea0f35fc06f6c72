-- Reads records in order of their ids: all of a kind, or those of one consumer.
--
-- KEYS
--   records      hash id -> record (msgpack)
--   index        sorted set: 'i' id, and of what belongs to a consumer 'o' consumer NUL id
-- ARGV
--   owner        a consumer; empty: all
--   after        the last id that the reader has seen; empty: none
--   limit        records to return, 1 or more
-- RETURNS
--   {id or '' if these are the last, id, record, id, record, ...}: the first is where to go on
-- MISSING
--   records, index: there is none.
-- COST
--   O(log records + limit).
local records, index = unpack(KEYS)
local owner, after, limit = unpack(ARGV)

local prefix, stop = 'i', '(j'
if owner ~= '' then prefix, stop = 'o' .. owner .. '\0', '(o' .. owner .. '\1' end
local start = (after == '' and '[' or '(') .. prefix .. after
local members = redis.call('ZRANGEBYLEX', index, start, stop, 'LIMIT', 0, limit + 1)
local answer = {''}
for place, member in ipairs(members) do
  if place > tonumber(limit) then
    answer[1] = string.sub(members[place - 1], #prefix + 1)
    break
  end
  local id = string.sub(member, #prefix + 1)
  local record = redis.call('HGET', records, id)
  if record then
    answer[#answer + 1] = id
    answer[#answer + 1] = record
  end
end
return answer
