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
--   to be stored; then for each row: row, wamid as it was read or '', how many fields of the side
--   hash, each field, how many digests of wamids, each digest
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

local erased, at = {}, REST
local function take()
  at = at + 1
  return ARGV[at - 1]
end
local function take_list()
  local list = {}
  for i = 1, num(take()) do list[i] = take() end
  return list
end
while at <= #ARGV do
  local row = { row = num(take()), wamid = take() }
  row.fields, row.digests = take_list(), take_list()
  erased[#erased + 1] = row
  local known = redis.call('HGET', ledger, wamid_field(row.row)) or ''
  row.r = decode(redis.call('HGET', ledger, row_field(row.row)))
  if known ~= row.wamid or row.r.state == STATE.sending then return ANSWER.rewritten end
end

count_act()
redis.call('SET', rows_key, ARG.blob)
-- A correction in progress was decided on rows that are gone now (correct-rows).
redis.call('HINCRBY', c.key, 'rewrites', 1)
for _, one in ipairs(erased) do
  local r = one.r
  if c.closed == '' and fire(c, one.row, r, EVENT.suppress) then
    r.reason = REASON.erased
    redis.call('HSET', ledger, row_field(one.row), encode(r))
  end
  redis.call('HDEL', ledger, wamid_field(one.row))
  if #one.fields > 0 then redis.call('HDEL', c.key .. ':side', unpack(one.fields)) end
  for _, digest in ipairs(one.digests) do index_drop(digest) end
  redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, one.row, r.attempt))
  redis.call('ZREM', P .. 'opt-out-outbox', c.id .. '|' .. one.row)
end
local rows = {}
for _, one in ipairs(erased) do rows[one.row] = true end
if #erased > 0 then unindex_rows(c, batch, rows) end
commit(c)
return ANSWER.done
