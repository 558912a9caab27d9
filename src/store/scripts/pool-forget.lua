-- Forgets a campaign of a pool that retention deletes, and the pool with the last of them.
--- @include "base"
-- Atomic because: of two numbers that delete their last campaigns, one must see that none is left.
-- Repeating it changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: pool · campaign: that is deleted; '' for a pool that never had one
-- Returns: 1 if the pool is gone, 0 if it has further campaigns
-- Keys built: pools, pools-open, pool-imports, pool, pool-gone, pool-moves,
--   pool-moved, pool-order
local key = P .. 'pool:' .. ARG.pool
local f = redis.call('HMGET', key, 'children', 'digest', 'status')
if not f[3] then return 1 end
local gone, left = P .. 'pool-gone:' .. ARG.pool, 0
if ARG.campaign ~= '' then redis.call('SADD', gone, ARG.campaign) end
local campaigns = cjson.decode(f[1] or '[]')
-- Without campaigns it is young, or its import goes on, unless the caller says that it is over.
if ARG.campaign ~= '' and #campaigns == 0 then return 0 end
local moves = redis.call('HGETALL', P .. 'pool-moves:' .. ARG.pool)
for at = 2, #moves, 2 do
  local campaign, done = string.match(moves[at], '^[^|]*|([^|]*)|(%d)$')
  if campaign ~= '' then campaigns[#campaigns + 1] = campaign end
  if done ~= '1' then left = left + 1 end
end
for _, id in ipairs(campaigns) do
  if redis.call('SISMEMBER', gone, id) == 0 then left = left + 1 end
end
if left > 0 then return 0 end
for _, id in ipairs(campaigns) do redis.call('UNLINK', P .. 'pool-moved:' .. id) end
redis.call('UNLINK', key, gone, P .. 'pool-moves:' .. ARG.pool, P .. 'pool-order:' .. ARG.pool)
redis.call('ZREM', P .. 'pools', ARG.pool)
redis.call('ZREM', P .. 'pools-open', ARG.pool)
if f[2] and redis.call('HGET', P .. 'pool-imports', f[2]) == ARG.pool then
  redis.call('HDEL', P .. 'pool-imports', f[2])
end
return 1
