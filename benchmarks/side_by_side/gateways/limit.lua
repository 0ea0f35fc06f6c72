-- A limit of so many requests a second, counted in Redis: one round trip for each request, on a kept connection.
-- The second slides: the count of this whole second, and of the one before the share that still lies within.

local SCRIPT = [[
local counts = redis.call('MGET', KEYS[1], KEYS[2])
local now = tonumber(counts[1] or 0)
if tonumber(counts[2] or 0) * tonumber(ARGV[2]) + now >= tonumber(ARGV[1]) then return 0 end
redis.call('INCR', KEYS[1])
if now == 0 then redis.call('PEXPIRE', KEYS[1], 2000) end
return 1
]]
local POOL, IDLE_MS, TIMEOUT_MS = 64, 60000, 1000

local function bulk(text)
    return "$" .. #text .. "\r\n" .. text .. "\r\n"
end

local hex = ngx.sha1_bin(SCRIPT):gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
local BY_HASH = "*7\r\n" .. bulk("EVALSHA") .. bulk(hex) .. bulk("2")
local BY_TEXT = "*7\r\n" .. bulk("EVAL") .. bulk(SCRIPT) .. bulk("2")

local function ask(socket, command, arguments)
    local sent, why = socket:send({ command, arguments })
    if not sent then return nil, why end
    return socket:receive()
end

-- Whether one more request may pass; nil and the reason if Redis does not say.
local function allows(port, name, most)
    local socket = ngx.socket.tcp()
    socket:settimeout(TIMEOUT_MS)
    local connected, why = socket:connect("127.0.0.1", port, { pool_size = POOL })
    if not connected then return nil, why end
    local now = ngx.now()
    local second = math.floor(now)
    local arguments = bulk(name .. second) .. bulk(name .. (second - 1)) .. bulk(most)
        .. bulk(string.format("%.3f", 1 - (now - second)))
    local answer
    answer, why = ask(socket, BY_HASH, arguments)
    if answer and answer:sub(1, 9) == "-NOSCRIPT" then
        answer, why = ask(socket, BY_TEXT, arguments)
    end
    if not answer then return nil, why end
    socket:setkeepalive(IDLE_MS, POOL)
    if answer == ":1" then return true end
    if answer == ":0" then return false end
    return nil, answer
end

return { allows = allows }
