-- Deletes the people of a campaign that ended long ago: rows, phones, wamids. Counts stay.
--- @include "people"
-- Atomic because: the campaign is marked in the step that deletes its first row, so no event and no
-- person can move a row of a half deleted campaign. Deletes some batches a call; repeating it
-- continues.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · kept_ms: how long after its end · batches_max: most to delete
-- Returns: early: it is too soon | more: there are more batches | done: nothing is left
-- Keys built: with-rows, campaign:<id> and its :batch:<batch> :ledger:<batch> :ready :open :side
--   :unknown :aside :beyond :chosen :first :trial :again :people:<segment>
local key = P .. 'campaign:' .. ARG.campaign
local f = redis.call('HMGET', key, 'status', 'finishedAt', 'purged')
if not ENDED[f[1]] or not f[2] or num(f[2]) + num(ARG.kept_ms) > WALL then
  return ANSWER.early
end
redis.call('HSETNX', key, 'purgedAt', WALL)
local batches, from = batches_kept(key), num(f[3])
local to = math.min(batches, from + num(ARG.batches_max))
for batch = from, to - 1 do
  redis.call('UNLINK', key .. ':batch:' .. batch, key .. ':ledger:' .. batch,
    people_key(key, batch))
end
redis.call('HSET', key, 'purged', to)
if to < batches then return ANSWER.more end
redis.call('ZREM', P .. 'with-rows', ARG.campaign)
for code, waits in string.gmatch(redis.call('HGET', key, 'again') or '', '(%d+):([%d,]+)') do
  local _, more = string.gsub(waits, ',', '')
  for nth = 1, more + 1 do redis.call('UNLINK', key .. ':again:' .. code .. ':' .. nth) end
end
redis.call('UNLINK', key .. ':ready', key .. ':open', key .. ':side', key .. ':unknown',
  key .. ':first', key .. ':beyond', key .. ':trial', key .. ':chosen', key .. ':aside')
return ANSWER.done
