-- Keeps rows of one batch back that a frequency cap does not let go: they wait, or are left out.
--- @include "guard"
--- @include "ledger"
-- Atomic because: only rows that are still pending are changed, with their counters. Repeating it
-- changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · rows: CAPPED_ROW of protocol.ts each · outcome: later or skip · counts:
--   what this worker counts, as it reports it (lib/rates.lua)
-- Returns: how many rows were changed, -1 if other workers count something else, so that this one
--   may decide nothing
-- Keys built: schema, asking, by-end, campaign, endings, guard, halt, news, notices, notify,
--   resends, pace, running, scheduled, shares, trials, with-rows, clock :again :aside :beyond
--   :chosen :counts :errors :events :first :ledger :pricing :ready :seen :side :timeline :trial
--   :unknown
local counts = redis.call('HGET', P .. 'pace', 'portfolio') or ''
if counts ~= '' and counts ~= ARG.counts then return -1 end
local c = open_rows(ARG.campaign)
-- A row that may have been sent in a time that Redis lost stays pending: a person decides.
if not c or c.status ~= STATUS.running or c.closed ~= '' or not guard_is_open() then return 0 end
local ledger, changed, writes, latest = ledger_key(c, ARG.batch), 0, {}, 0
for at = 1, #ARG.rows, CAPPED_ROW.bytes do
  local row, opens = struct.unpack(CAPPED_ROW.format, ARG.rows, at)
  local r = decode(redis.call('HGET', ledger, row_field(row)))
  if r.state == STATE.pending then
    local was_capped = r.reason == REASON.capped
    if ARG.outcome == 'skip' then
      fire(c, row, r, EVENT.suppress)
    else
      leave_trial(c, row, r)
      r.times[TIME.due] = stamp(c, opens * SECOND_MS + CLOCK_OFFSET)
      latest = math.max(latest, opens * SECOND_MS)
    end
    r.reason = REASON.capped
    if not was_capped or ARG.outcome == 'skip' then changed = changed + 1 end
    writes[#writes + 1], writes[#writes + 2] = row_field(row), encode(r)
  end
end
if #writes == 0 then return 0 end
redis.call('HSET', ledger, unpack(writes))
if changed > 0 then
  redis.call('HINCRBY', c.key, ARG.outcome == 'skip' and 'capSkipped' or 'capPutOff', changed)
end
if latest > num(redis.call('HGET', c.key, 'capUntil')) then
  redis.call('HSET', c.key, 'capUntil', latest)
end
commit(c)
return changed
