-- Applies one verified status event: moves its row with the counters, or matches or parks it.
--- @include "status"
-- Atomic because: look-up, move, counters and parking must not interleave with `record`, which
-- binds the wamid and takes up the events parked for it.
-- KEYS: 1 slot key of the number
-- ARGV: digest (8 bytes) · wamid: as stored · status · at_ms: when it happened · code: error code
--   · stops: what such a code stops, '' nothing · price: one byte · person: digest of the
--   recipient (8 bytes or '') · plus_one: 0 when it is known not to begin with +1 · foreign: 1
--   when it cannot be a template's · category or '' · unmatched: what to do when the wamid is
--   unknown: 'park' (match it by recipient, else park it), 'park_unmatched' (another number may be
--   meant: only the wamid identifies its message), 'ask' (change nothing; return what this number
--   waits for) · failed_wait_ms: how long a failure waits for a `sent` before it is matched by
--   recipient
-- Returns: {kind 'moved'|'unchanged', campaign, row, attempt, state, code} · {'parked'} ·
--   {'unmatched', 'fits': it can belong to the open attempt to the recipient, or to a lost one |
--   'open': there is an open attempt, but the event does not fit it | 'wire': an answer may still
--   name the wamid | 'none'}
-- Keys built: asking, shares, notices, notices-failed, notify, trials, pace, news, clock, by-end,
--   with-rows, guard, resends, stats, claimed, parked, parked-until, parked-for, failures-due,
--   suppressed, leases, opted-in, opt-out-outbox, undeliverable, failed-outbox,
--   wamid:<level>:<bucket>, wamid-levels, running, scheduled, endings, halt, campaign:<id> and
--   its :counts :errors :timeline :pricing :side :unknown :ledger:<batch> :aside :beyond :chosen
--   :first :ready :trial :again :open :events :seen
local digest, person, mode = ARG.digest, ARG.person, ARG.unmatched
-- Only this many messages at once are matched by recipient.
local WAITING_BYTES_MAX = 8 * DIGEST_BYTES
local event = {
  stored = ARG.wamid, status = ARG.status, at = num(ARG.at_ms),
  code = math.min(num(ARG.code), LEDGER_CODE_MAX), stops = ARG.stops,
  price = num(ARG.price), person = person, plus_one = num(ARG.plus_one),
  foreign = num(ARG.foreign), category = ARG.category,
  due = NOW + (ARG.status == 'failed' and num(ARG.failed_wait_ms) or 0),
  -- The version before this one waits from here, and events outlive an upgrade.
  seen = NOW,
}

local function answer(c, row, r, attempt, moved)
  hash_put(ledger_key(c, batch_of(row)), row_field(row), encode(r))
  commit(c)
  redis.call('HSET', P .. 'stats', 'lastWebhookAt', WALL, 'heardAt', NOW, 'confirmedAt', NOW)
  return { moved and 'moved' or 'unchanged', c.id, row, attempt, shown(c, r.state), r.code }
end

local id, row, attempt = index_get(digest)
local c = id and open_rows(id)
if c then
  local r = decode(hash_get(ledger_key(c, batch_of(row)), row_field(row)))
  release_person(person, c, row, attempt)
  attempt = applies_to(c, row, r, attempt, digest, event)
  local moved = apply_status(c, row, r, attempt, event)
  return answer(c, row, r, attempt, moved)
end

-- The open attempt to the recipient, if there is one.
local r, fitting = nil, false
c = nil
if person ~= '' then
  id, row, attempt = parse_attempt(hash_get(P .. 'claimed', person))
  c = id and open_rows(id)
  if c then
    r = decode(hash_get(ledger_key(c, batch_of(row)), row_field(row)))
    fitting = r.attempt == attempt and fits(c, r, event)
  end
end
-- Until a rollback is accepted, the claim of this message may be missing.
local lost = not c and person ~= '' and redis.call('HEXISTS', P .. 'guard', 'noticedAt') == 1
if lost then
  fitting = event.foreign == 0 and (event.status == 'sent' or event.status == 'failed')
end

if mode == 'ask' then
  if fitting then return { 'unmatched', 'fits' } end
  if c or lost then return { 'unmatched', 'open' } end
  return { 'unmatched', redis.call('EXISTS', P .. 'leases') == 1 and 'wire' or 'none' }
end

redis.call('HSET', P .. 'stats', 'lastWebhookAt', WALL, 'heardAt', NOW)
-- Kept as long as its message may still be found.
park(digest, event, NOW + (lost and LOST_MS or c and OPEN_MS or PARKED_MS))
if fitting and mode == 'park' then
  local waiting = hash_get(P .. 'parked-for', person) or ''
  if #waiting < WAITING_BYTES_MAX and not string.find(waiting, digest, 1, true) then
    hash_put(P .. 'parked-for', person, waiting .. digest)
    if event.due > NOW then redis.call('ZADD', P .. 'failures-due', event.due, person) end
  end
  local before = r and r.state
  if r and before ~= STATE.sending and match_parked(c, row, r, person) then
    return answer(c, row, r, attempt, r.state ~= before)
  end
end
write_back()
return { 'parked' }
