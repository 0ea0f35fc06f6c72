-- Reads what it takes to judge credentials: each record and its consumer, with the newest change they are of.
--
-- KEYS
--   head         hash: seq; see keys.py
--   consumers    hash name -> consumer (msgpack)
--   keys         hash id -> API key
--   basics       hash user name -> basic login
--   hmacs        hash id -> hmac key
--   clients      hash id -> OAuth client
-- ARGV
--   wanted...    kind, id, kind, id, ...; the kinds are key, basic, hmac, client, consumer
-- RETURNS
--   {seq, record or '', its consumer or '', record or '', its consumer or '', ...}
-- MISSING
--   head: seq is 0. The others: there is none.
-- COST
--   O(records wanted).
local head, consumers, keys, basics, hmacs, clients = unpack(KEYS)
local places = {key = keys, basic = basics, hmac = hmacs, client = clients, consumer = consumers}

local answer = {tonumber(redis.call('HGET', head, 'seq') or 0)}
for at = 1, #ARGV, 2 do
  local record = redis.call('HGET', places[ARGV[at]], ARGV[at + 1]) or ''
  local owner = record ~= '' and cmsgpack.unpack(record).consumer or ''
  answer[#answer + 1] = record
  answer[#answer + 1] = owner ~= '' and redis.call('HGET', consumers, owner) or ''
end
return answer
