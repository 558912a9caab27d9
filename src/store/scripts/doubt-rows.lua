-- After Redis went back in time: pending rows whose message may have been sent become unknown.
--- @include "status"
-- Atomic because: the row is checked and moved in one step; evidence that arrived before (an answer
-- from a worker, a parked webhook) decides first. Repeating it changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · rows: of one batch, CLAIM_ROW of protocol.ts each
-- Returns: -1 no rollback was noticed, or no such campaign · how many rows are unknown now
-- Keys built: schema, asking, shares, notices, notices-failed, notify, stats, trials, pace, news,
--   clock, by-end, with-rows, guard, claimed, parked, parked-until, parked-for, suppressed,
--   opted-in, opt-out-outbox, undeliverable, resends, failed-outbox, running, scheduled, endings,
--   halt, wamid:<level>:<bucket>, wamid-levels, campaign:<id> and its :counts :errors :timeline
--   :pricing :side :unknown :ledger:<batch> :aside :beyond :chosen :first :ready :trial :again
--   :open :events :seen
local c = open_rows(ARG.campaign)
local guard = redis.call('HMGET', P .. 'guard', 'noticedAt', 'wentBackTo')
if not c or not guard[1] then return -1 end
local rows, persons, fields = {}, {}, {}
for at = 1, #ARG.rows, CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARG.rows, at)
  rows[#rows + 1], persons[#persons + 1], fields[#fields + 1] = row, person, row_field(row)
end
if #rows == 0 then return 0 end
local ledger = ledger_key(c, batch_of(rows[1]))
prefetch(ledger, fields)
prefetch(P .. 'claimed', persons)
prefetch(P .. 'parked-for', persons)

local unknown = 0
for i, row in ipairs(rows) do
  local r, person = decode(hash_get(ledger, fields[i])), persons[i]
  local due = r.times[TIME.due] and unstamp(c, r.times[TIME.due]) or 0
  -- A row that was due only after the rollback was noticed cannot have been sent in the lost time.
  if due - CLOCK_OFFSET <= num(guard[1]) and fire(c, row, r, EVENT.rollback) then
    put_wamid_away(c, row, r)
    note_attempt(c, row, r)
    r.attempt, r.reason = r.attempt + 1, REASON.rollback
    r.times = { [TIME.claimed] = stamp(c, num(guard[2])) }
    -- Webhooks from the lost time name the person: this attempt becomes the open one, unless the
    -- person has another.
    if not hash_get(P .. 'claimed', person) then
      hash_put(P .. 'claimed', person, attempt_ref(c.id, row, r.attempt) .. '|' .. guard[2])
      match_parked(c, row, r, person)
    end
    hash_put(ledger, fields[i], encode(r))
    unknown = unknown + (r.state == STATE.unknown and 1 or 0)
  end
end
commit(c)
return unknown
