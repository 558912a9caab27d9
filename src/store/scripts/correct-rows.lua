-- Stores a person's corrections of rejected rows of one batch: rejected -> pending.
--- @include "ledger"
--- @include "people"
--- @include "guard"
-- Atomic because: the stored rows, the ledger and the counters change together, and only if no
-- other caller has rewritten stored rows since they were read (`rewrites`). Otherwise two callers
-- could undo each other, or put one person into two rows.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · rewrites: as the caller read it · blob: the batch's rows, corrected ·
--   rows: CLAIM_ROW of protocol.ts each
-- Returns: {no_campaign}: none, or its rows are deleted · {rewritten}: read them again · {closed,
--   cancelled|expired|importing|ended}: not to be sent, or not yet · {guarded}: Redis may
--   have gone back in time · {done, rows corrected, rewrites now}
-- Keys built: schema, asking, shares, notices, notify, trials, news, clock, by-end, with-rows,
--   guard, resends, running, scheduled, endings, halt, campaign:<id> and its :counts :errors
--   :timeline :pricing :unknown :ready :open :batch:<batch> :ledger:<batch> :aside :beyond
--   :chosen :first :trial :again :side :events :seen :people:<segment>
local c, batch = open_rows(ARG.campaign), num(ARG.batch)
if not c then return { ANSWER.no_campaign } end
local f = redis.call('HMGET', c.key, 'rewrites', 'endBy')
if c.closed ~= '' then return { ANSWER.closed, c.closed } end
if c.status == STATUS.importing then return { ANSWER.closed, STATUS.importing } end
if num(f[2]) > 0 and num(f[2]) <= WALL then return { ANSWER.closed, 'ended' } end
if not guard_is_open() then return { ANSWER.guarded } end
if num(f[1]) ~= num(ARG.rewrites) then return { ANSWER.rewritten } end
local key, values = ledger_key(c, batch), {}
local persons = {}
for at = 1, #ARG.rows, CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARG.rows, at)
  persons[row] = person
  local r = decode(redis.call('HGET', key, row_field(row)))
  if batch_of(row) ~= batch or not fire(c, row, r, EVENT.correct) then
    return redis.error_reply('ERR row ' .. row .. ' of the batch is not rejected')
  end
  -- A person asks for it now: it takes the next opening of its window, as what is sent again does.
  set(r, FLAG.retried)
  r.reason = 0
  values[#values + 1] = row_field(row)
  values[#values + 1] = encode(r)
end
local rows = #values / 2
if rows == 0 then return { ANSWER.done, 0, num(f[1]) } end
count_act()
redis.call('SET', c.key .. ':batch:' .. batch, ARG.blob)
redis.call('HSET', key, unpack(values))
for row, person in pairs(persons) do index_person(c, row, person) end
local rewrites = redis.call('HINCRBY', c.key, 'rewrites', 1)
make_ready(c, batch, NOW)
go_on(c)
commit(c)
-- With its corrections it may have become one that a second person has to approve.
local p = redis.call('HMGET', c.key, 'approvalAbove', 'approvedBy', 'awaits')
if p[1] and not p[2] then
  local kept = redis.call('HMGET', c.key .. ':counts', STATE.rejected, STATE.duplicate,
    STATE.suppressed)
  local messages = c.rows - num(kept[1]) - num(kept[2]) - num(kept[3])
  if p[3] or messages > num(p[1]) then
    redis.call('HSET', c.key, 'awaits', 1)
    pause_campaign(c, PAUSE.approval)
  end
end
return { ANSWER.done, rows, rewrites }
