-- Reads what it takes to judge credentials: each record, its client and its consumer, with the newest change they are
-- of.
--
-- KEYS
--   head         hash: seq; see keys.py
--   consumers    hash name -> consumer (msgpack)
--   keys         hash id -> API key
--   basics       hash user name -> basic login
--   hmacs        hash id -> hmac key
--   clients      hash id -> OAuth client
--   opaque       hash id -> opaque access token
-- ARGV
--   wanted...    kind, id, kind, id, ...; the kinds are key, basic, hmac, client, opaque, consumer
-- RETURNS
--   {seq, record or '', its client or '', its consumer or '', record or '', ...}; only an opaque token has a client
-- MISSING
--   head: seq is 0. The others: there is none.
-- COST
--   O(records wanted).
local head, consumers, keys, basics, hmacs, clients, opaque = unpack(KEYS)
local places = {key = keys, basic = basics, hmac = hmacs, client = clients, opaque = opaque, consumer = consumers}

local function read(place, id) return id and id ~= '' and redis.call('HGET', place, id) or '' end
local function field(record, name) return record ~= '' and cmsgpack.unpack(record)[name] or '' end

local answer = {tonumber(redis.call('HGET', head, 'seq') or 0)}
for at = 1, #ARGV, 2 do
  local record = read(places[ARGV[at]], ARGV[at + 1])
  local client = ARGV[at] == 'opaque' and read(clients, field(record, 'client')) or ''
  answer[#answer + 1] = record
  answer[#answer + 1] = client
  answer[#answer + 1] = read(consumers, field(client ~= '' and client or record, 'consumer'))
end
return answer
