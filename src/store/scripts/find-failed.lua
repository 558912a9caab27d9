-- Finds the batches with failed rows, so that only those are read.
--- @include "base"
-- Atomic because: it changes nothing; a row may move meanwhile.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · first_batch · batches: how many to look at
-- Returns: the batch and the number of its failed rows, in turn
-- Keys built: campaign:<id> and its :ledger:<batch>
local key, first, answer = P .. 'campaign:' .. ARG.campaign, num(ARG.first_batch), {}
for batch = first, first + num(ARG.batches) - 1 do
  local flat, failed = redis.call('HGETALL', key .. ':ledger:' .. batch), 0
  for at = 1, #flat, 2 do
    -- Fields from BATCH_ROWS on are wamids.
    if string.byte(flat[at + 1], LEDGER_HEADER.at_state) == STATE.failed
      and num(flat[at]) < BATCH_ROWS then
      failed = failed + 1
    end
  end
  if failed > 0 then
    answer[#answer + 1] = batch
    answer[#answer + 1] = failed
  end
end
return answer
