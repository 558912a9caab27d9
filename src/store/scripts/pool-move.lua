-- Notes that the rows of one campaign of a pool go to another number, and how far that is.
--- @include "base"
-- Atomic because: of two people who move the same rows, one decides where to; and what is begun is
-- found by the workers until it is done.
-- KEYS: 1 slot key of the number
-- ARGV: pool · from: the campaign whose rows go · to: the number · campaign: that gets them, ''
--   not known yet · done: '1' when it has them all
-- Returns: the number they go to, by who decided first; '' if the pool was cancelled: then nothing
--   is begun
-- Keys built: pool, pool-moves, pools-moved, pools-moving
local status = redis.call('HGET', P .. 'pool:' .. ARG.pool, 'status')
if ARG.done == '' and status == POOL_STATUS.cancelled then return '' end
local key, ref = P .. 'pool-moves:' .. ARG.pool, ARG.pool .. '|' .. ARG.from
local known = redis.call('HGET', key, ARG.from)
local to = known and string.match(known, '^[^|]+') or ARG.to
local campaign = known and string.match(known, '^[^|]+|([^|]*)') or ''
local is_done = known and string.match(known, '|(%d)$') == '1'
if to ~= ARG.to or is_done then return to end
if ARG.campaign ~= '' then campaign = ARG.campaign end
redis.call('INCR', P .. 'pools-moved')
redis.call('HSET', key, ARG.from, to .. '|' .. campaign .. '|' .. (ARG.done == '1' and 1 or 0))
if ARG.done == '1' then
  redis.call('ZREM', P .. 'pools-moving', ref)
else
  redis.call('ZADD', P .. 'pools-moving', WALL, ref)
end
return to
