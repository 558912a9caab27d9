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
local first = num(ARG.first_batch)
for batch = first, first + num(ARG.batches) - 1 do
  local rows = math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS)
  if rows <= 0 then break end
  -- Fields from BATCH_ROWS on are wamids.
  local flat = redis.call('HGETALL', c.key .. ':ledger:' .. batch)
  for at = 1, #flat, 2 do
    if num(flat[at]) < BATCH_ROWS then
      add(count, shown(c, string.byte(flat[at + 1], LEDGER_HEADER.at_state)), 1)
      rows = rows - 1
    end
  end
  add(count, shown(c, STATE.pending), rows)
end
local answer = { num(redis.call('HGET', c.key, 'moves')) }
for state, n in pairs(count) do
  answer[#answer + 1] = state
  answer[#answer + 1] = n
end
return answer
