--- @include "status"
-- Applies the outcome of an attempt to its row. `o` is a row of RECORD_ROW: row, attempt, nonce,
-- outcome, code, reason, wait (ms), jitter (a fraction), digest ('' without an id) and stored form
-- of the wamid, person, marks. `outage` means that the whole number cannot reach the API
-- (lib/stops.lua).

local function marked(o, mark) return bit.band(o.marks, mark) ~= 0 end

-- The id is the API's own reference; a status event may already have brought the wamid.
local function bind_reference(c, r, o)
  local known = hash_get(ledger_key(c, batch_of(o.row)), wamid_field(o.row))
  if known and not has(r, FLAG.reference) and o.attempt == r.attempt then
    redis.call('HSET', c.key .. ':side', o.row .. ':ref', o.stored)
    index_put(c, o.digest, o.row, o.attempt)
  else
    bind(c, o.row, r, o.attempt, o.digest, o.stored)
    if o.attempt == r.attempt then set(r, FLAG.reference) end
  end
end

-- Stores the id from the answer, if there is one. Without a wamid, a status event may still bring
-- it.
local function take_id(c, r, o)
  if o.digest ~= '' and not marked(o, MARK.reference) then
    release_person(o.person, c, o.row, o.attempt)
    return bind(c, o.row, r, o.attempt, o.digest, o.stored)
  end
  if o.digest ~= '' then bind_reference(c, r, o) end
  if o.attempt == r.attempt then match_parked(c, o.row, r, o.person) end
end

-- Of the accepted attempts: how many have no webhook yet, and whether one has any.
local quiet, confirmed = 0, false

local function accepted(c, r, o)
  if r.state == STATE.pending then
    -- A later `delivered` finds the message by its id, and calls the retry back.
    if not calls_back(r, o.attempt, 'accepted') then return take_id(c, r, o) end
    if o.attempt < r.attempt then put_wamid_away(c, o.row, r) end
    o.attempt = r.attempt
  end
  local took = o.attempt == r.attempt and fire(c, o.row, r, EVENT.accept)
  if o.attempt == r.attempt then
    if not r.times[TIME.accepted] then r.times[TIME.accepted] = stamp(c, WALL) end
  else
    set(r, FLAG.maybe_duplicate)
  end
  if marked(o, MARK.held) then set(r, FLAG.held) end
  if took and c.status == STATUS.running then c.accepted = c.accepted + 1 end
  take_id(c, r, o)
  if not took then return end
  if r.state ~= STATE.accepted then confirmed = true
  elseif not marked(o, MARK.held) then quiet = quiet + 1 end
end

-- Counts messages accepted since the last webhook about a message of this number
-- (webhook-silence.ts).
local function note_quiet()
  local key = P .. 'stats'
  if confirmed then redis.call('HSET', key, 'confirmedAt', NOW) end
  if quiet == 0 then return end
  local f = redis.call('HMGET', key, 'confirmedAt', 'quietSince', 'quiet')
  local is_restart = num(f[1]) >= num(f[2])
  redis.call('HSET', key, 'quiet', (is_restart and 0 or num(f[3])) + quiet,
    'quietSince', is_restart and NOW or f[2], 'quietLast', NOW)
end

-- `retry` and `pair` use up a try of the message; an outage of the number does not.
local function uses_try(o)
  return (o.outcome == OUTCOME.retry or o.outcome == OUTCOME.pair) and not o.outage
end

-- Each further wait is so many times the one before; of it half to one and a half times are waited.
local RETRY_FACTOR, PAIR_FACTOR, JITTER_LEAST = 2, 4, 0.5
local function back_to_pending(c, r, o)
  if not fire(c, o.row, r, EVENT.release) then return end
  release_person(o.person, c, o.row, o.attempt)
  reopen_probe(c.id, o.row, o.attempt)
  -- `wait`: this process was too busy, and no try was made.
  if o.outcome ~= OUTCOME.wait then note_history(c, o.row, HISTORY.not_sent, o) end
  local wait = o.wait
  if uses_try(o) then
    r.tries = r.tries + 1
    local factor = o.outcome == OUTCOME.pair and PAIR_FACTOR or RETRY_FACTOR
    wait = math.min(RETRY_WAIT_MAX_MS, wait * factor ^ (r.tries - 1)) * (JITTER_LEAST + o.jitter)
  end
  r.reason = o.reason
  r.times[TIME.due] = stamp(c, NOW + wait)
  make_ready(c, batch_of(o.row), NOW + wait)
end

local function failed(c, r, o)
  if not fire(c, o.row, r, EVENT.refuse) then return end
  note_failed(c, o.row, r, o.code, o.reason, WALL)
  release_person(o.person, c, o.row, o.attempt)
  reopen_probe(c.id, o.row, o.attempt)
  if marked(o, MARK.opt_out) then opt_out(c, o.row, r.attempt, o.person, WALL) end
  if o.code == CODE.undeliverable then note_undeliverable(o.person) end
  if c.status == STATUS.running then open_recent(c).add_refused(error_field(r)) end
end

local function unknown(c, r, o, limits)
  if o.attempt ~= r.attempt or not fire(c, o.row, r, EVENT.doubt) then
    if o.digest ~= '' then take_id(c, r, o) end
    return
  end
  r.reason, r.code = o.reason, o.code
  note_history(c, o.row, HISTORY.unknown, o)
  reopen_probe(c.id, o.row, o.attempt)
  spend_unknown_budget(c, limits.unknown, limits.unknown_window)
  -- The opt-out holds whether or not this message was sent.
  if marked(o, MARK.opt_out) then opt_out(c, o.row, r.attempt, o.person, WALL) end
  -- The API accepted a message that it gave an id: even an at-least-once campaign does not send it
  -- again automatically.
  if o.digest ~= '' then redis.call('ZREM', P .. 'resends', c.id .. '|' .. o.row) end
  take_id(c, r, o)
end

-- `limits`: tries of a message, unknown messages within a window (ms).
local function apply_outcome(c, r, o, limits)
  if o.outcome == OUTCOME.accepted then return accepted(c, r, o) end
  if o.outcome == OUTCOME.unknown then return unknown(c, r, o, limits) end
  if o.attempt ~= r.attempt then return end
  -- A person resolved it as sent, but it was not sent: it is not retried automatically.
  if r.state == STATE.accepted then
    if o.code == 0 and o.reason == 0 then o.reason = REASON.not_sent_other end
    return failed(c, r, o)
  end
  -- After so many failed tries another one would not help.
  local is_last = uses_try(o) and r.tries + 1 >= limits.tries or r.attempt >= ATTEMPT_MAX
  if o.outcome ~= OUTCOME.failed and not is_last then return back_to_pending(c, r, o) end
  failed(c, r, o)
  if not is_last then
    send_again(c, o.row, r, { at = WALL, plus_one = marked(o, MARK.plus_one) and 1 or 0 })
  end
end
