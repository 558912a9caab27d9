--- @include "ledger"
-- Which messages must wait for the open attempt to the same person (`claimed`), and for how long.

-- Whether a status event may still have to find the attempt by its person. Not once a person has
-- decided the message or it is pending again. A contested attempt is never matched
-- (lib/status.lua).
local function is_awaited(r, mark)
  if r.state == STATE.sending then return true end
  return mark == '' and r.state ~= STATE.pending and not has(r, FLAG.decided)
end

-- A message waits while the same person has an open attempt: shortly while that is on the wire,
-- then as long as status webhooks can still settle it. `attempt` is the person's `claimed`; `id`
-- and `row` name the message that would go out; `waits` has the length of a lease, the longest
-- wait, and how long webhooks count as arriving, ms.
-- Returns the wait, and the campaign, row and state it waits for; nil if the message may go.
local ON_WIRE_WAIT_MS = 2000
local function busy_with(attempt, id, row, waits)
  local other, its_row, _, at, mark = string.match(attempt or '', '^(.-)|(%d+)|(%d+)|(%d+)|?(.*)$')
  its_row, at = num(its_row), num(at)
  if not other or (other == id and its_row == row) or at + OPEN_MS < NOW then return nil end
  local ledger = ledger_key({ key = P .. 'campaign:' .. other }, batch_of(its_row))
  local r = decode(redis.call('HGET', ledger, row_field(its_row)))
  if not is_awaited(r, mark) then return nil end
  if NOW < at + waits.lease then
    return math.min(ON_WIRE_WAIT_MS, waits.wait), other, its_row, r.state
  end
  if webhooks_arriving(waits.window) then return waits.wait, other, its_row, r.state end
end
