-- For wrk: every request has a path of its own, so that none came before. An argument stands before each path.

local count = 0
local prefix = ""

function init(args)
   prefix = args[1] or ""
end

function request()
   count = count + 1
   return wrk.format("GET", prefix .. "/item/" .. count)
end
