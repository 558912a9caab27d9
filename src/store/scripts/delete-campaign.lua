-- Deletes a campaign that ended long ago, counts included. Its rows were deleted earlier.
--- @include "people"
-- Atomic because: the campaign leaves every index in the same step; otherwise a page would show it.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · kept_ms: how long after its end
-- Returns: 1 deleted, 0 not: it is not time, or its rows are still there
-- Keys built: campaigns, by-end, with-rows, imports, campaign:<id> and its :counts :errors
--   :timeline :pricing :side :unknown :ready :open :events :seen :sends :people:<segment>
local id = ARG.campaign
local ended_at = redis.call('ZSCORE', P .. 'by-end', id)
if not ended_at or num(ended_at) + num(ARG.kept_ms) > WALL then return 0 end
if redis.call('ZSCORE', P .. 'with-rows', id) then return 0 end
local key = P .. 'campaign:' .. id
local digest = redis.call('HGET', key, 'digest')
if digest and redis.call('HGET', P .. 'imports', digest) == id then
  redis.call('HDEL', P .. 'imports', digest)
end
-- Rows that the purge did not reach go first. What an older version's purge left of the index of
-- people goes here.
local batches = batches_kept(key)
if batches > num(redis.call('HGET', key, 'purged')) then
  redis.call('ZADD', P .. 'with-rows', ended_at, id)
  return 0
end
for batch = 0, batches - 1, PEOPLE_BATCHES do redis.call('UNLINK', people_key(key, batch)) end
redis.call('UNLINK', key, key .. ':counts', key .. ':errors', key .. ':timeline', key .. ':pricing',
  key .. ':side', key .. ':unknown', key .. ':ready', key .. ':open', key .. ':events',
  key .. ':sends', key .. ':seen')
redis.call('ZREM', P .. 'campaigns', id)
redis.call('ZREM', P .. 'by-end', id)
return 1
