-- Counts the rows of some batches by state in the ledger: the values the counters should have.
--- @include "base"
-- Atomic because: it changes nothing. The count is valid only if the number of moves is the same
-- before and after the whole campaign was counted.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · first_batch · batches: how many
-- Returns: {} no such campaign, or its rows are deleted · {moves so far, state, rows in it, ...}
-- Keys built: campaign:<id> and its :ledger:<batch>
local c = open_campaign(ARG.campaign)
if not c or c.purged then return {} end
local count = {}
local first, fields = num(ARG.first_batch), {}
for place = 0, BATCH_ROWS - 1 do fields[place + 1] = place end
for batch = first, first + num(ARG.batches) - 1 do
  local rows = math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS)
  if rows <= 0 then break end
  -- Half of the hash is wamids, which would cost more than all else.
  local values = redis.call('HMGET', c.key .. ':ledger:' .. batch, unpack(fields, 1, rows))
  for at = 1, rows do
    local state = values[at] and string.byte(values[at], LEDGER_HEADER.at_state)
    add(count, shown(c, state or STATE.pending), 1)
  end
end
local answer = { num(redis.call('HGET', c.key, 'moves')) }
for state, n in pairs(count) do
  answer[#answer + 1] = state
  answer[#answer + 1] = n
end
return answer
