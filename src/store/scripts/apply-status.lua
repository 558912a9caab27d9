-- Applies one verified status event: moves its row with the counters, or matches or parks it.
--- @include "base"
--- @include "hashes"
--- @include "ledger"
--- @include "wamid"
--- @include "status"
-- Atomic because: look-up, move, counters and parking must not interleave with `record`, which
-- binds the wamid and drains what was parked.
-- KEYS: 1 slot key of the number
-- ARGV: 1 digest of wamid (8 bytes)  2 wamid as stored  3 status  4 event time, ms  5 error code
--       6 price byte  7 digest of the recipient (8 bytes or '')  8 1 when origin is `service`
--       9 pricing category or ''  10 'park', or 'ask': only look the wamid up
-- Returns: {kind 'moved'|'unchanged', campaign, row, attempt, state, code} · {'parked'} · {'unmatched'}
-- Keys built: guard, resends, stats, claimed, parked, parked-until, parked-for, suppressed,
--   opt-out-outbox, undeliverable, failed-outbox,
--   wamid:<level>:<bucket>, wamid-levels, running, scheduled, endings, recent, halt, campaign:<id> and its
--   :counts :errors :timeline :pricing :side :unknown :ledger:<batch>
local digest, person, mode = ARGV[1], ARGV[7], ARGV[10]
local event = {
  stored = ARGV[2], status = ARGV[3], at = num(ARGV[4]), code = math.min(num(ARGV[5]), CODE_MAX),
  price = num(ARGV[6]), person = person, service = num(ARGV[8]), category = ARGV[9],
}

local function answer(c, row, r, attempt, moved)
  hash_put(ledger_key(c, batch_of(row)), row_field(row), encode(r))
  write_hashes()
  index_flush()
  flush(c)
  redis.call('HSET', P .. 'stats', 'lastWebhookAt', WALL)
  return { moved and 'moved' or 'unchanged', c.id, row, attempt, shown(c, r.state), r.code }
end

local id, row, attempt = index_get(digest)
local c = id and open_rows(id)
if c then
  local r = decode(hash_get(ledger_key(c, batch_of(row)), row_field(row)))
  release_person(person, c, row, attempt)
  if attempt < r.attempt and calls_back(r, attempt, event.status) then
    attempt = r.attempt
    bind(c, row, r, attempt, digest, event.stored)
  end
  local moved = apply_status(c, row, r, attempt, event)
  return answer(c, row, r, attempt, moved)
end

-- Asked of several numbers in turn: another one may know the wamid, so nothing is matched yet.
if mode == 'ask' then return { 'unmatched' } end

local claimed_at
local on_wire, lost = false, false
if person ~= '' then
  id, row, attempt, claimed_at = parse_attempt(hash_get(P .. 'claimed', person))
  c = id and open_rows(id)
  if c then
    local r = decode(hash_get(ledger_key(c, batch_of(row)), row_field(row)))
    on_wire = r.state == STATE.sending
    if not on_wire and r.attempt == attempt and fits(c, event, claimed_at) then
      set(r, FLAG.matched)
      local before = r.state
      local moved = apply_status(c, row, r, attempt, event)
      bind(c, row, r, attempt, digest, event.stored)
      release_person(person, c, row, attempt)
      return answer(c, row, r, attempt, moved or r.state ~= before)
    end
  end
end

redis.call('HSET', P .. 'stats', 'lastWebhookAt', WALL)
if c then
  -- Somebody's attempt to this person is open: keep the event as long as it could still be it.
  park(digest, event, NOW + MATCH_AFTER_MS)
else
  -- While the time that Redis lost is not accounted for, its claims are missing, not the message.
  lost = person ~= '' and redis.call('HEXISTS', P .. 'guard', 'noticedAt') == 1
  park(digest, event, NOW + (lost and MATCH_AFTER_MS or PARKED_MS))
end
if on_wire or lost then
  local waiting = hash_get(P .. 'parked-for', person) or ''
  if #waiting < 64 and not string.find(waiting, digest, 1, true) then
    hash_put(P .. 'parked-for', person, waiting .. digest)
  end
end
write_hashes()
return { 'parked' }
