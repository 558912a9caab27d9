-- Status events: applying them to a row, and finding the row of an event whose wamid is unknown.
--
-- An event with an unknown wamid is matched to the one open attempt to its recipient, when it is
-- the kind of event that tells when the message was sent (`sent`, `failed`), lies close to the
-- claim and does not belong to an agent's chat. While that attempt is on the wire the event waits
-- (parked), because the POST's answer will name the wamid; it is tried again when the row leaves
-- `sending`. At most one attempt to a person is open at a time, so there is never a choice.
local MATCH_BEFORE_MS = 5 * 60 * 1000
local MATCH_AFTER_MS = 24 * 3600 * 1000
local PARKED_MS = 10 * 60 * 1000
local PARKED_MAX = 100000

-- Evidence that an earlier attempt got through calls back a row that waits to be sent again: it then
-- counts for the row's current number, under which nothing is on the wire. Of an attempt that is
-- known to have failed (`retried`), only `delivered` and `read` speak against the failure.
local function calls_back(r, attempt, what)
  if attempt > r.attempt or r.state ~= STATE.pending or what == 'failed' then return false end
  return not has(r, FLAG.retried) or what == 'delivered' or what == 'read'
end

-- The person has stopped marketing. This number keeps to it from now on; the outbox takes it to the
-- list of the deployment, which wants the phone, and from there to the other numbers.
local function opt_out(c, row, person)
  if person ~= '' then redis.call('HSETNX', P .. 'suppressed', person, 'marketing') end
  redis.call('ZADD', P .. 'opt-out-outbox', 'NX', WALL, c.id .. '|' .. row)
end

-- WhatsApp could not deliver to this person: a campaign may skip them for a time.
local function note_undeliverable(person)
  if person ~= '' then redis.call('ZADD', P .. 'undeliverable', WALL, person) end
end

-- event: { status, at (ms), code, price, person, service, category, stored }
local function apply_status(c, row, r, attempt, event)
  if event.status == 'failed' and event.code == 131050 then opt_out(c, row, event.person) end
  if event.price ~= 0 and r.price == 0 then
    r.price = event.price
    add(c.priced, event.price, 1)
  end
  local got_through = event.status == 'delivered' or event.status == 'read'
  if attempt < r.attempt then
    if got_through then set(r, FLAG.maybe_duplicate) end
    return false
  end
  if r.state == STATE.pending and not calls_back(r, attempt, event.status) then return false end
  if event.status ~= 'failed' then
    if not r.times[TIME[event.status]] then r.times[TIME[event.status]] = stamp(c, event.at) end
    if r.state == STATE.failed and got_through then
      redis.call('ZREM', P .. 'undeliverable', event.person)
    end
    return fire(c, row, r, 'status_' .. event.status)
  end
  if fire(c, row, r, 'status_failed') then
    local reason = event.code == 0 and REASON.failed_without_code or 0
    note_failed(c, row, r, event.code, reason, event.at)
    if event.code == 131026 then note_undeliverable(event.person) end
    return true
  end
  if r.state == STATE.delivered or r.state == STATE.read then set(r, FLAG.late_failed) end
  return false
end

local function unpark(digest)
  local packed = hash_get(P .. 'parked', digest)
  if not packed then return {} end
  hash_put(P .. 'parked', digest, false)
  redis.call('ZREM', P .. 'parked-until', digest)
  return cmsgpack.unpack(packed)
end

local function park(digest, event, until_ms)
  local packed = hash_get(P .. 'parked', digest)
  local events = packed and cmsgpack.unpack(packed) or {}
  for _, known in ipairs(events) do
    if known.status == event.status then return end
  end
  if not packed and redis.call('ZCARD', P .. 'parked-until') >= PARKED_MAX then
    local oldest = redis.call('ZPOPMIN', P .. 'parked-until')[1]
    hash_put(P .. 'parked', oldest, false)
    redis.call('HINCRBY', P .. 'stats', 'orphans', 1)
  end
  events[#events + 1] = event
  hash_put(P .. 'parked', digest, cmsgpack.pack(events))
  redis.call('ZADD', P .. 'parked-until', 'GT', until_ms, digest)
end

-- The wamid of an attempt is known from now on: stored, indexed, and events that were parked for
-- it are applied. A second wamid of one attempt is kept beside the first and told to the operator;
-- that of an earlier attempt goes to the row's history.
local function bind(c, row, r, attempt, digest, stored)
  local key, field = ledger_key(c, batch_of(row)), wamid_field(row)
  if attempt < r.attempt then
    redis.call('HSET', c.key .. ':side', row .. ':w' .. attempt, stored)
  else
    local known = hash_get(key, field)
    if known and known ~= stored and not has(r, FLAG.reference) then
      set(r, FLAG.double_wamid)
      local side = c.key .. ':side'
      if redis.call('HGET', side, row .. ':second') ~= stored then
        redis.call('HSET', side, row .. ':second', stored)
        if redis.call('HINCRBY', c.key, 'doubles', 1) >= 2 then pause_campaign(c, 'double_wamid') end
      end
    else
      if known and known ~= stored then redis.call('HSET', c.key .. ':side', row .. ':ref', known) end
      unset(r, FLAG.reference)
      hash_put(key, field, stored)
    end
  end
  index_put(c, digest, row, attempt)
  for _, event in ipairs(unpark(digest)) do apply_status(c, row, r, attempt, event) end
end

local function parse_attempt(ref)
  local id, row, attempt, at = string.match(ref or '', '^(.-)|(%d+)|(%d+)|(%d+)')
  return id, num(row), num(attempt), num(at)
end

local function holds_person(person, c, row, attempt)
  if person == '' then return false end
  local id, held_row, held_attempt = parse_attempt(hash_get(P .. 'claimed', person))
  return id == c.id and held_row == row and held_attempt == attempt
end

local function release_person(person, c, row, attempt)
  if not holds_person(person, c, row, attempt) then return end
  hash_put(P .. 'claimed', person, false)
  hash_put(P .. 'parked-for', person, false)
end

local function fits(c, event, claimed_at)
  if event.status ~= 'sent' and event.status ~= 'failed' then return false end
  if event.service == 1 then return false end
  if event.category ~= '' and string.sub(event.category, 1, #c.category) ~= c.category then
    return false
  end
  return event.at >= claimed_at - MATCH_BEFORE_MS and event.at <= claimed_at + MATCH_AFTER_MS
end

-- The row has left `sending` without a wamid: was there an event for this person meanwhile?
local function match_parked(c, row, r, person)
  local waiting = holds_person(person, c, row, r.attempt)
    and hash_get(P .. 'parked-for', person)
  if not waiting then return end
  hash_put(P .. 'parked-for', person, false)
  local claimed_at = unstamp(c, r.times[TIME.claimed] or 0)
  for at = 1, #waiting, 8 do
    local digest = string.sub(waiting, at, at + 7)
    local packed = hash_get(P .. 'parked', digest)
    for _, event in ipairs(packed and cmsgpack.unpack(packed) or {}) do
      if fits(c, event, claimed_at) then
        set(r, FLAG.matched)
        release_person(person, c, row, r.attempt)
        bind(c, row, r, r.attempt, digest, event.stored)
        return
      end
    end
  end
end
