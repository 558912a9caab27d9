-- Finds what a crash or silence left behind: ended leases, and parked events nobody came for.
--- @include "base"
--- @include "hashes"
--- @include "ledger"
--- @include "wamid"
--- @include "status"
-- Atomic because: a lease is judged and its row moved in one step, so a late `record` meets either
-- `sending` or `unknown`. Every worker may run it; a lease that is gone is not found again.
-- KEYS: 1 slot key of the number
-- ARGV: 1 reason number of an ended lease  2 most leases to take  3 most parked events to take
-- Returns: {rows made unknown, parked events forgotten}
-- Keys built: leases, parked, parked-until, parked-for, claimed, stats, suppressed, opt-out-outbox, undeliverable, failed-outbox, running,
--   scheduled, endings, halt, wamid:<level>:<bucket>, wamid-levels, campaign:<id> and its :counts :errors :timeline
--   :pricing :side :ledger:<batch>
local unknown, forgotten = 0, 0
for _, ref in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', NOW, 'LIMIT', 0, num(ARGV[2]))) do
  local id, row, attempt, person = string.match(ref, '^(.-)|(%d+)|(%d+)|(.*)$')
  row, attempt = num(row), num(attempt)
  local c = id and open_rows(id)
  if c then
    local key, field = ledger_key(c, batch_of(row)), row_field(row)
    local r = decode(hash_get(key, field))
    if r.attempt == attempt and fire(c, row, r, 'lease_end') then
      r.reason = num(ARGV[1])
      give_back_allowance(c)
      match_parked(c, row, r, person)
      hash_put(key, field, encode(r))
      unknown = unknown + 1
      index_flush()
      flush(c)
    end
  end
  redis.call('ZREM', P .. 'leases', ref)
end
for _, digest in ipairs(redis.call('ZRANGEBYSCORE', P .. 'parked-until', '-inf', NOW, 'LIMIT', 0, num(ARGV[3]))) do
  for _, event in ipairs(unpark(digest)) do
    if event.person ~= '' then hash_put(P .. 'parked-for', event.person, false) end
    forgotten = forgotten + 1
  end
end
write_hashes()
if forgotten > 0 then redis.call('HINCRBY', P .. 'stats', 'orphans', forgotten) end
return { unknown, forgotten }
