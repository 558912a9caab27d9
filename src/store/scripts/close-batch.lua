-- Ends one run of a batch: back to `ready` at the earliest time it has work, or done.
--- @include "ledger"
-- Atomic because: what is pending is read and `open` is left in one step; a release that comes
-- later finds the batch closed and makes it ready itself. A second close of a run does nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · run
-- Returns: -1 not this run's batch any more, 0 nothing left to send, or when it has work again, ms
-- Keys built: clock, campaign:<id> and its :open :ready :ledger:<batch>
local c, batch = open_campaign(ARG.campaign), ARG.batch
if not c or redis.call('HGET', c.key .. ':open', batch) ~= ARG.run then return -1 end
local fields = {}
for i = 0, math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS) - 1 do fields[i + 1] = i end
local values = redis.call('HMGET', ledger_key(c, batch), unpack(fields))
local earliest
for _, value in ipairs(values) do
  local r = decode(value)
  if r.state == STATE.pending then
    local due = r.times[TIME.due] and unstamp(c, r.times[TIME.due]) or NOW
    if not earliest or due < earliest then earliest = due end
  end
end
redis.call('HDEL', c.key .. ':open', batch)
if not earliest or c.closed ~= '' then return 0 end
redis.call('ZADD', c.key .. ':ready', earliest, batch)
return earliest
