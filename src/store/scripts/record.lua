-- Writes down what came of attempts: exactly once each, however often it is told.
--- @include "base"
--- @include "hashes"
--- @include "ledger"
--- @include "wamid"
--- @include "status"
--- @include "guard"
-- Atomic because: the move, the counters, the wamid index, parked events and what the answer means
-- for the number (hold, halt, pause) belong together. Fenced by the attempt number: a repeated or
-- late record of an attempt that has moved on changes nothing. An attempt of 0 means that the claim's
-- answer never came; the row is then given back if it was granted to this nonce. An attempt that is
-- not here yet shows that Redis went back in time; the row takes up what is told of it.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 most tries of a message that was not sent  3 unknown budget  4 its window, ms
--       5 failures in a row that pause a campaign  6 reason number of a rollback  7 the rows, packed (RECORD_ROW
--       of protocol.ts, then the wamid as stored)
-- Returns: for each row its state number now, then 1 when the campaign or number was stopped
-- Keys built: stats, by-end, with-rows, serial, guard, resends, leases, claimed, pace, halt, running,
--   scheduled, endings, suppressed, opted-in, opt-out-outbox, undeliverable, failed-outbox,
--   parked, parked-until, parked-for, wamid:<level>:<bucket>, wamid-levels, campaign:<id> and its
--   :counts :errors :timeline :pricing :side :unknown :ready :open :ledger:<batch>
--- @include "pace"
--- @include "stops"
local id = ARGV[1]
local MAX_TRIES, BUDGET, WINDOW_MS, STREAK = num(ARGV[2]), num(ARGV[3]), num(ARGV[4]), num(ARGV[5])
local ROLLBACK = num(ARGV[6])
local c = open_rows(id)
if not c then return { 0 } end

-- The id is a reference of the API's own; a status event may have told the wamid already.
local function bind_reference(row, r, o)
  local known = hash_get(ledger_key(c, batch_of(row)), wamid_field(row))
  if known and not has(r, FLAG.reference) and o.attempt == r.attempt then
    redis.call('HSET', c.key .. ':side', row .. ':ref', o.stored)
    index_put(c, o.digest, row, o.attempt)
  else
    bind(c, row, r, o.attempt, o.digest, o.stored)
    if o.attempt == r.attempt then set(r, FLAG.reference) end
  end
end

-- The id that the answer gave the message, if any. Without a wamid a status event may still tell it.
local function take_id(row, r, o)
  if o.digest ~= '' and bit.band(o.marks, MARK.reference) == 0 then
    release_person(o.person, c, row, o.attempt)
    return bind(c, row, r, o.attempt, o.digest, o.stored)
  end
  if o.digest ~= '' then bind_reference(row, r, o) end
  if o.attempt == r.attempt then match_parked(c, row, r, o.person) end
end

local quiet, confirmed = 0, false
local function accepted(row, r, o)
  if r.state == STATE.pending then
    if not calls_back(r, o.attempt, 'accepted') then return end
    o.attempt = r.attempt
  end
  local took = o.attempt == r.attempt and fire(c, row, r, 'accept')
  if o.attempt == r.attempt then
    if not r.times[TIME.accepted] then r.times[TIME.accepted] = stamp(c, WALL) end
  else
    set(r, FLAG.maybe_duplicate)
  end
  local held = bit.band(o.marks, MARK.held) ~= 0
  if held then set(r, FLAG.held) end
  take_id(row, r, o)
  if took and r.state ~= STATE.accepted then confirmed = true end
  if took and r.state == STATE.accepted and not held then quiet = quiet + 1 end
end

-- Acceptances since a webhook last told of a message of this number: webhook-silence.ts looks at them.
local function note_quiet()
  local key = P .. 'stats'
  if confirmed then redis.call('HSET', key, 'confirmedAt', NOW) end
  if quiet == 0 then return end
  local f = redis.call('HMGET', key, 'confirmedAt', 'quietSince', 'quiet')
  local anew = num(f[1]) >= num(f[2])
  redis.call('HSET', key, 'quiet', (anew and 0 or num(f[3])) + quiet,
    'quietSince', anew and NOW or f[2], 'quietLast', NOW)
end

local function back_to_pending(row, r, o)
  if not fire(c, row, r, 'release') then return end
  release_person(o.person, c, row, o.attempt)
  reopen_probe(c.id, row, o.attempt)
  local wait = o.wait
  if (o.outcome == OUTCOME.retry or o.outcome == OUTCOME.pair) and not o.outage then
    r.tries = r.tries + 1
    local factor = o.outcome == OUTCOME.pair and 4 or 2
    wait = math.min(RETRY_WAIT_MAX_MS, wait * factor ^ (r.tries - 1)) * (0.5 + o.jitter)
  end
  r.reason = o.reason
  r.times[TIME.due] = stamp(c, NOW + wait)
  make_ready(c, batch_of(row), NOW + wait)
end

local function failed(row, r, o)
  if not fire(c, row, r, 'refuse') then return end
  note_failed(c, row, r, o.code, o.reason, WALL)
  release_person(o.person, c, row, o.attempt)
  reopen_probe(c.id, row, o.attempt)
  if bit.band(o.marks, MARK.opt_out) ~= 0 then opt_out(c, row, r.attempt, o.person, WALL) end
  if o.code == CODE.undeliverable then note_undeliverable(o.person) end
  if o.outcome == OUTCOME.failed then count_failure_in_a_row(c, o.code, STREAK) end
end

local function unknown(row, r, o)
  if not fire(c, row, r, 'doubt') then return end
  r.reason, r.code = o.reason, o.code
  reopen_probe(c.id, row, o.attempt)
  spend_unknown_budget(c, BUDGET, WINDOW_MS)
  -- Whatever became of this message, the person has said so.
  if bit.band(o.marks, MARK.opt_out) ~= 0 then opt_out(c, row, r.attempt, o.person, WALL) end
  -- What the API gave an id was taken: not even an at-least-once campaign sends it again by itself.
  if o.digest ~= '' then redis.call('ZREM', P .. 'resends', c.id .. '|' .. row) end
  take_id(row, r, o)
end

local function apply(row, r, o)
  if o.outcome == OUTCOME.accepted then return accepted(row, r, o) end
  if o.attempt ~= r.attempt then return end
  if o.outcome == OUTCOME.unknown then return unknown(row, r, o) end
  -- A person called it sent, and it was not: it does not go out by itself.
  if r.state == STATE.accepted then
    if o.code == 0 and o.reason == 0 then o.reason = REASON.not_sent_other end
    return failed(row, r, o)
  end
  if o.outcome == OUTCOME.failed then return failed(row, r, o) end
  -- An attempt that went wrong so often will not get right by itself.
  local retried = o.outcome == OUTCOME.retry or o.outcome == OUTCOME.pair
  if retried and not o.outage and r.tries + 1 >= MAX_TRIES or r.attempt >= ATTEMPT_MAX then
    return failed(row, r, o)
  end
  back_to_pending(row, r, o)
end

-- Everything the rows below will ask for, in a few calls.
local told, digests, persons, fields = {}, {}, {}, {}
local at, rows = 1, ARGV[7]
while at <= #rows do
  local o, jitter, bytes = {}, nil, nil
  o.row, o.attempt, o.nonce, o.outcome, o.code, o.reason, o.wait, jitter, o.digest, o.person, o.marks,
    bytes, at = struct.unpack(RECORD_ROW.format, rows, at)
  o.jitter, o.stored = jitter / JITTER_MAX, string.sub(rows, at, at + bytes - 1)
  at = at + bytes
  o.ledger, o.field = ledger_key(c, batch_of(o.row)), row_field(o.row)
  told[#told + 1], persons[#persons + 1] = o, o.person
  local wanted = fields[o.ledger] or {}
  fields[o.ledger] = wanted
  wanted[#wanted + 1] = o.field
  if bit.band(o.marks, MARK.id) ~= 0 then
    digests[#digests + 1] = o.digest
  else
    o.digest = ''
  end
end
for ledger, wanted in pairs(fields) do prefetch(ledger, wanted) end
prefetch(P .. 'claimed', persons)
prefetch(P .. 'parked-for', persons)
if #digests > 0 then prefetch(P .. 'parked', digests) end

-- The claim of this attempt is lost, its message is not: the claim is made up for.
local function adopt(row, r, o)
  -- Of a row in doubt it is known, and perhaps accepted, that claims of it are lost.
  if r.state ~= STATE.unknown or r.reason ~= ROLLBACK then
    local count = num(redis.call('HGET', GUARD, 'count'))
    note_rollback({ count = count + 1, acts = 0, serial = 0 }, count)
  end
  if r.state == STATE.failed then fire(c, row, r, 'retry') end
  if r.state == STATE.unknown then fire(c, row, r, 'resend') end
  if not fire(c, row, r, 'claim') then return end
  local old = hash_get(o.ledger, wamid_field(row))
  if old then redis.call('HSET', c.key .. ':side', row .. ':w' .. r.attempt, old) end
  hash_put(o.ledger, wamid_field(row), false)
  r.attempt, r.nonce, r.times = o.attempt, o.nonce, { [TIME.claimed] = stamp(c, WALL) }
  if o.person ~= '' and not hash_get(P .. 'claimed', o.person) then
    hash_put(P .. 'claimed', o.person, c.id .. '|' .. row .. '|' .. r.attempt .. '|' .. NOW)
  end
end

-- When memory is full, Redis refuses a script whose first write may need more, and lets it finish
-- once it has begun to write. An answer that was heard must be kept, so this begins with what frees.
redis.call('ZREM', P .. 'leases', '')
local answer, leases, stopped, was, answered = {}, {}, false, c.status, false
for _, o in ipairs(told) do
  local r = decode(hash_get(o.ledger, o.field))
  local out = r.state == STATE.sending or r.state == STATE.unknown
  if o.attempt == 0 and out and r.nonce == o.nonce then
    o.attempt = r.attempt
  end
  if o.attempt > r.attempt then adopt(o.row, r, o) end
  if o.attempt > 0 and o.attempt <= r.attempt then
    leases[#leases + 1] = id .. '|' .. o.row .. '|' .. o.attempt .. '|' .. o.person
    if stop_by(c, o, r) then stopped = true end
    -- A row on the wire has no wamid yet: the claim put the one before away.
    if r.state == STATE.sending then hash_absent(o.ledger, wamid_field(o.row)) end
    answered = answered or (o.outcome ~= OUTCOME.retry and o.outcome ~= OUTCOME.wait)
    apply(o.row, r, o)
    hash_put(o.ledger, o.field, encode(r))
  end
  answer[#answer + 1] = shown(c, r.state)
end
if answered then redis.call('HDEL', P .. 'pace', 'unreached') end
note_quiet()
if #leases > 0 then redis.call('ZREM', P .. 'leases', unpack(leases)) end
if c.status ~= was then stopped = true end
write_hashes()
index_flush()
flush(c)
answer[#answer + 1] = stopped and 1 or 0
return answer
