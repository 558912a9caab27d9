-- Deletes what an importer that died has stored and the one after it has not stored again.
--- @include "people"
-- Atomic because: the mark moves with the batches it covers, so a call that is repeated continues.
-- It deletes from the last batch down, and never one that the import has stored by now.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batches_max: most to delete
-- Returns: 1 there may be more, 0 nothing is left
-- Keys built: campaign:<id> and its :batch:<batch> :ledger:<batch> :people:<segment>
local key = P .. 'campaign:' .. ARG.campaign
local f = redis.call('HMGET', key, 'stored', 'storedMax')
local stored, top = num(f[1]), num(f[2])
if top <= stored then return 0 end
local from = math.max(stored, top - num(ARG.batches_max))
for batch = top - 1, from, -1 do
  redis.call('UNLINK', key .. ':batch:' .. batch, key .. ':ledger:' .. batch)
  -- The import has built an earlier segment again from its start.
  if batch % PEOPLE_BATCHES == 0 then redis.call('UNLINK', people_key(key, batch)) end
end
redis.call('HSET', key, 'storedMax', from)
return from > stored and 1 or 0
