-- Deletes the people of a campaign that ended long ago: rows, phones, wamids. What was counted stays.
--- @include "base"
-- Atomic because: it is marked before the first row goes, in the same step, so that no event and no
-- person can move a row that is half gone. Some batches a call; repeating it goes on.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 how long after its end, ms  3 most batches to delete
-- Returns: 0 it is not time, 1 there is more to delete, 2 nothing is left
-- Keys built: with-rows, campaign:<id> and its :batch:<batch> :ledger:<batch> :ready :open :side
--   :unknown
local key = P .. 'campaign:' .. ARGV[1]
local f = redis.call('HMGET', key, 'status', 'finishedAt', 'rows', 'purged')
local over = { finished = true, cancelled = true, rejected = true }
if not over[f[1]] or not f[2] or num(f[2]) + num(ARGV[2]) > WALL then return 0 end
redis.call('HSETNX', key, 'purgedAt', WALL)
local batches, from = math.ceil(num(f[3]) / BATCH_ROWS), num(f[4])
local to = math.min(batches, from + num(ARGV[3]))
for batch = from, to - 1 do
  redis.call('UNLINK', key .. ':batch:' .. batch, key .. ':ledger:' .. batch)
end
redis.call('HSET', key, 'purged', to)
if to < batches then return 1 end
redis.call('ZREM', P .. 'with-rows', ARGV[1])
redis.call('UNLINK', key .. ':ready', key .. ':open', key .. ':side', key .. ':unknown')
return 2
