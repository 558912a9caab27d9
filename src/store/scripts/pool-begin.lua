-- Opens an import over several numbers: a new pool, or the same again if its importer died.
--- @include "base"
-- Atomic because: two importers of the same bytes must end up with one pool and one token. The
-- token fences every later step: a frozen importer that wakes up after another took over is
-- refused.
-- KEYS: 1 slot key of the number
-- ARGV: digest: of numbers, name and bytes · token · lease_ms · again: '1' to import known bytes
--   again, or the pool that was never tried: only if the bytes are still that one · fresh: 'refuse'
--   to begin none and only resume an interrupted one; then for each: field: of the pool's hash ·
--   value
-- Returns: {begun|restarted, pool, the pool that the bytes were before or ''} · {busy|known, pool}
--   · {none, ''} if `fresh` prevented a new one
-- Keys built: clock, pools, pool-serial, pool-imports, pool, pool-order
local id = redis.call('HGET', P .. 'pool-imports', ARG.digest)
local f = id and redis.call('HMGET', P .. 'pool:' .. id, 'status', 'importer', 'lease') or {}
local importing = f[1] == POOL_STATUS.importing
local left = importing and num(f[3]) - NOW or 0
-- TIME may have stepped back: ignore a lease longer than one.
if left > 0 and left <= num(ARG.lease_ms) and f[2] ~= ARG.token then return { ANSWER.busy, id } end
if f[1] and not importing and ARG.again ~= '1' and ARG.again ~= id then
  return { ANSWER.known, id }
end
if not importing and ARG.fresh == 'refuse' then return { ANSWER.none, '' } end
keep_clock()
if not importing then
  local again_of = ARG.again == '1' and f[1] and id
  id = 'pool-' .. redis.call('INCR', P .. 'pool-serial')
  redis.call('HSET', P .. 'pool-imports', ARG.digest, id)
  redis.call('ZADD', P .. 'pools', WALL, id)
  redis.call('HSET', P .. 'pool:' .. id, 'createdAt', WALL)
  if again_of then redis.call('HSET', P .. 'pool:' .. id, 'againOf', again_of) end
end
local key = P .. 'pool:' .. id
redis.call('DEL', P .. 'pool-order:' .. id)
redis.call('HSET', key, 'status', POOL_STATUS.importing, 'digest', ARG.digest,
  'importer', ARG.token, 'lease', NOW + num(ARG.lease_ms))
for at = REST, #ARGV, STEP do redis.call('HSET', key, EACH.field, EACH.value) end
local kind = importing and ANSWER.restarted or ANSWER.begun
return { kind, id, redis.call('HGET', key, 'againOf') or '' }
