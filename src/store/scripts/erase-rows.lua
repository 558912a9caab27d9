-- Erases people in some rows of one batch: cells, phone, wamids, and their entries in both indexes.
--- @include "ledger"
--- @include "wamid"
--- @include "people"
--- @include "guard"
-- Atomic because: the rows are replaced only if they are unchanged since they were read and no
-- wamid was added since; otherwise nothing changes and the caller reads again. A pending row
-- becomes suppressed in the same step, so it is never sent half erased. States and counts of all
-- other rows stay.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · sha1: of the rows as they were read, hex · blob: the rows as they are
--   to be stored; then for each: row · wamid: as it was read, '' none · fields: of the side hash,
--   separated by spaces · digests: of its wamids
-- Returns: done | rewritten: something was changed meanwhile | no_campaign
-- Keys built: schema, asking, shares, notices, notify, trials, news, clock, by-end, with-rows,
--   guard, resends, opt-out-outbox, failed-outbox, wamid:<level>:<bucket>, wamid-levels, running,
--   scheduled, endings, halt, campaign:<id> and its :counts :errors :timeline :pricing :side
--   :unknown :batch:<batch> :ledger:<batch> :aside :beyond :chosen :first :ready :trial :again
--   :events :seen :people:<segment>
local c, batch = open_campaign(ARG.campaign), num(ARG.batch)
if not c then return ANSWER.no_campaign end
local rows_key, ledger = c.key .. ':batch:' .. batch, ledger_key(c, batch)
if redis.sha1hex(redis.call('GET', rows_key) or '') ~= ARG.sha1 then return ANSWER.rewritten end

local decoded = {}
for at = REST, #ARGV, STEP do
  local row = num(EACH.row)
  local known = redis.call('HGET', ledger, wamid_field(row)) or ''
  decoded[row] = decode(redis.call('HGET', ledger, row_field(row)))
  if known ~= EACH.wamid or decoded[row].state == STATE.sending then return ANSWER.rewritten end
end

count_act()
redis.call('SET', rows_key, ARG.blob)
-- A correction in progress was decided on rows that are gone now (correct-rows).
redis.call('HINCRBY', c.key, 'rewrites', 1)
for at = REST, #ARGV, STEP do
  local row = num(EACH.row)
  local r = decoded[row]
  if c.closed == '' and fire(c, row, r, EVENT.suppress) then
    r.reason = REASON.erased
    redis.call('HSET', ledger, row_field(row), encode(r))
  end
  redis.call('HDEL', ledger, wamid_field(row))
  for field in string.gmatch(EACH.fields, '%S+') do redis.call('HDEL', c.key .. ':side', field) end
  for from = 1, #EACH.digests, DIGEST_BYTES do
    index_drop(string.sub(EACH.digests, from, from + DIGEST_BYTES - 1))
  end
  redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, row, r.attempt))
  redis.call('ZREM', P .. 'opt-out-outbox', c.id .. '|' .. row)
end
if next(decoded) then unindex_rows(c, batch, decoded) end
commit(c)
return ANSWER.done
