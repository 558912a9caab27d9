-- Keeps the lease of a pool that is imported, and notes which number has each row of the list.
--- @include "base"
-- Atomic because: an importer that lost the pool must not write over what another one notes.
-- KEYS: 1 slot key of the number
-- ARGV: pool · token · lease_ms · offset: of the first row, from 0 · order: a byte each, the place
--   of the row's number; then for each: field: of the pool's hash · value
-- Returns: 1, or 0 if another importer took over or it was cancelled
-- Keys built: clock, pool, pool-order
local key = P .. 'pool:' .. ARG.pool
local f = redis.call('HMGET', key, 'status', 'importer')
if f[1] ~= POOL_STATUS.importing or f[2] ~= ARG.token then return 0 end
redis.call('HSET', key, 'lease', NOW + num(ARG.lease_ms))
if ARG.order ~= '' then
  redis.call('SETRANGE', P .. 'pool-order:' .. ARG.pool, num(ARG.offset), ARG.order)
end
for at = REST, #ARGV, STEP do redis.call('HSET', key, EACH.field, EACH.value) end
return 1
