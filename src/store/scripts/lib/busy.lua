--- @include "ledger"
-- Who has to wait for the open attempt to a person (`claimed`), and for how long.

-- Whether a status event may still have to find the attempt by its person. None has to once a person has
-- decided, or while the message is to be sent again; none is matched to a contested one (lib/status.lua).
local function is_awaited(r, mark)
  if r.state == STATE.sending then return true end
  return mark == '' and r.state ~= STATE.pending and not has(r, FLAG.decided)
end

-- A person with an open attempt is waited for: shortly while it is on the wire, then as long as status
-- webhooks can still settle it. `attempt` is the person's `claimed`, `id` and `row` the message that would
-- go out; `waits`: how long a lease is, the longest wait, and how long webhooks count as arriving, ms.
-- Returns for how long, and the campaign, row and state that are waited for; nil for who may go.
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
