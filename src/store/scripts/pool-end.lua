-- Ends the import of a pool: from then on each of its campaigns may start; or it is given up.
--- @include "base"
-- Atomic because: it is decided once, by the importer that holds the token or by a person who
-- cancels. All rows are stored before; a campaign whose start was cut off is started by the sweep.
-- KEYS: 1 slot key of the number
-- ARGV: pool · token: of the importer; '' for a person · status: stored, rejected or cancelled ·
--   reason: why it is rejected · finish: what starts each campaign (JSON)
-- Returns: 1, or 0 if it was decided otherwise, or another importer took over
-- Keys built: pools-open, pool-imports, pool
local key = P .. 'pool:' .. ARG.pool
local f = redis.call('HMGET', key, 'status', 'importer', 'digest', 'againOf')
if f[1] == ARG.status and (ARG.token == '' or f[2] == ARG.token) then return 1 end
if ARG.token ~= '' and (f[1] ~= POOL_STATUS.importing or f[2] ~= ARG.token) then return 0 end
if not f[1] then return 0 end
redis.call('HSET', key, 'status', ARG.status, 'reason', ARG.reason)
if ARG.status == POOL_STATUS.stored then
  redis.call('HSET', key, 'finish', ARG.finish)
  redis.call('ZADD', P .. 'pools-open', WALL, ARG.pool)
  return 1
end
redis.call('ZREM', P .. 'pools-open', ARG.pool)
local is_own = redis.call('HGET', P .. 'pool-imports', f[3]) == ARG.pool
if f[1] ~= POOL_STATUS.importing or not is_own then return 1 end
-- An earlier pool of these bytes may have been sent: they stay known.
if f[4] then
  redis.call('HSET', P .. 'pool-imports', f[3], f[4])
else
  redis.call('HDEL', P .. 'pool-imports', f[3])
end
return 1
