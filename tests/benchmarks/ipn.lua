local paths, n = {}, 0
for line in io.lines(os.getenv("IPN_PATHS")) do n = n + 1; paths[n] = line end
local at = 0
request = function() at = at % n + 1; return wrk.format("GET", paths[at]) end
