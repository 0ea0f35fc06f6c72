-- For wrk: every request has a path of its own, so that none came before.

local count = 0

function request()
   count = count + 1
   return wrk.format("GET", "/item/" .. count)
end
