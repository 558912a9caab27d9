-- Reads which rows of some batches got the message lately, or are about to get it.
--- @include "ledger"
-- Atomic because: it changes nothing; a row may move meanwhile.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · first_batch · batches: how many · leave_out_ms: how long ago, or 0 · tell_ms:
--   how long ago, or 0
-- Returns: {} no such campaign, or its rows are deleted · for each batch '' if no row got it or
--   waits to get it, else one digit a row, RECEIVED of protocol.ts: no | waits | leave_out: got it
--   within `leave_out_ms` | tell: within `tell_ms` only
-- Keys built: campaign:<id> and its :ledger:<batch>
local c = open_rows(ARG.campaign)
if not c then return {} end
local WAITS = shown(c, STATE.pending) == STATE.pending and RECEIVED.waits or RECEIVED.no
-- States in which a POST was accepted, or may have been.
local GOT = {
  [STATE.sending] = true, [STATE.accepted] = true, [STATE.sent] = true,
  [STATE.delivered] = true, [STATE.read] = true, [STATE.unknown] = true,
}

local function since(window)
  return num(window) > 0 and stamp(c, WALL - num(window)) or math.huge
end
local LEFT_SINCE, TOLD_SINCE = since(ARG.leave_out_ms), since(ARG.tell_ms)

-- Reads only the bytes it needs, because there are a million values. `claimed` is the first time.
local function digit(value)
  local state = string.byte(value, LEDGER_HEADER.at_state)
  local flags = string.byte(value, LEDGER_HEADER.at_flags)
  if GOT[state] or bit.band(flags, FLAG.maybe_duplicate) ~= 0 then
    local times, from = times_in(value)
    local claimed = bit.band(times, bit.lshift(1, TIME.claimed - 1)) ~= 0
    local at = claimed and struct.unpack(LEDGER_TIME.format, value, from) or TICKS_MAX
    if at >= LEFT_SINCE then return RECEIVED.leave_out end
    if at >= TOLD_SINCE then return RECEIVED.tell end
  end
  return state == STATE.pending and WAITS or RECEIVED.no
end

-- The digits of a batch, or '' if all are 0: its ledger need not have a value of any row.
local function digits_of(batch, rows)
  local flat = redis.call('HGETALL', ledger_key(c, batch))
  if #flat == 0 and WAITS == RECEIVED.no then return '' end
  local digits, has_any = {}, false
  for at = 1, rows do digits[at] = WAITS end
  for at = 1, #flat, 2 do
    local row = num(flat[at]) + 1
    if row <= rows then digits[row] = digit(flat[at + 1]) end
  end
  for at = 1, rows do has_any = has_any or digits[at] ~= RECEIVED.no end
  return has_any and table.concat(digits) or ''
end

local answer, first = {}, num(ARG.first_batch)
for batch = first, first + num(ARG.batches) - 1 do
  local rows = math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS)
  if rows <= 0 then break end
  answer[#answer + 1] = digits_of(batch, rows)
end
return answer
