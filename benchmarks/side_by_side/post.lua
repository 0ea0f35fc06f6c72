-- For wrk: every request posts as many bytes as the argument after "--" says.

function init(args)
   wrk.method = "POST"
   wrk.body = string.rep("x", tonumber(args[1]))
end
