-- Ends one run of a batch: back to `ready` at the earliest time it has work, or done.
-- A row whose only opening has ended becomes expired. While a trial is on, a batch with none of its
-- rows is set aside.
--- @include "guard"
--- @include "ledger"
-- Atomic because: pending rows are read and the batch leaves `open` in one step; a later release
-- finds the batch closed and makes it ready itself. A second close of a run does nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · run · waiting: ROW_OPENING of each row that waits for its window or the
--   budget of people · budget_at: when the budget has room again, ms; '' if it had room
-- Returns: -1 no longer this run's batch, 0 nothing left to send, or when it has work again, ms
-- Keys built: schema, asking, shares, notices, notify, trials, news, by-end, endings, halt,
--   resends, running, scheduled, with-rows, clock, guard, campaign:<id> and its :open :ready
--   :ledger:<batch> :counts :errors :pricing :timeline :unknown :aside :beyond :chosen :first
--   :trial :again :side :events :seen
local NEXT_TRY_MS = 1000
local c, batch = open_campaign(ARG.campaign), ARG.batch
if not c or redis.call('HGET', c.key .. ':open', batch) ~= ARG.run then return -1 end
local fields = {}
for i = 0, math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS) - 1 do fields[i + 1] = i end
local values = redis.call('HMGET', ledger_key(c, batch), unpack(fields))
local opens, closes = {}, {}
for at = 1, #ARG.waiting, ROW_OPENING.bytes do
  local row, from, to = struct.unpack(ROW_OPENING.format, ARG.waiting, at)
  opens[row], closes[row] = from * SECOND_MS + CLOCK_OFFSET, to * SECOND_MS
end
local function has_missed(row)
  return c.closed == '' and num(closes[row]) > 0 and closes[row] <= WALL
end

local earliest = {}
local function look_at(row, value)
  local r = decode(value)
  if has_missed(row) then
    fire(c, row, r, EVENT.expire)
    r.reason = REASON.window_missed
    redis.call('HSET', ledger_key(c, batch), row_field(row), encode(r))
    return
  end
  local due = r.times[TIME.due] and unstamp(c, r.times[TIME.due]) or NOW
  local at, goes = math.max(due, opens[row] or due), may_go(c, row, r)
  earliest[goes] = math.min(at, earliest[goes] or at)
end
for i, value in ipairs(values) do
  if state_in(value) == STATE.pending then look_at(batch * BATCH_ROWS + i, value) end
end
redis.call('HDEL', c.key .. ':open', batch)
if ARG.budget_at ~= '' then
  redis.call('HSET', c.key, 'budgetAt', ARG.budget_at, 'nextTryAt', NOW + NEXT_TRY_MS)
end
local at = earliest[true] or earliest[false]
-- Rows may have left in a time that Redis lost. With work only later, nothing of it would be in
-- doubt (recovery/rollback.ts).
if at and not guard_is_open() then at = math.min(at, NOW) end
if at and c.closed == '' then
  redis.call('ZADD', earliest[true] and c.key .. ':ready' or set_aside_key(c), at, batch)
end
-- It may end the trial, and then what was set aside must be there.
commit(c)
return c.closed == '' and at or 0
