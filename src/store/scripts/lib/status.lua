--- @include "hashes"
--- @include "ledger"
--- @include "wamid"
-- Status events: applying them to a row, and finding the row of an event whose wamid is unknown.
--
-- An event with an unknown wamid is matched to the one open attempt to its recipient (`claimed`), when
-- it can be that attempt's (`fits`). It waits (parked) while the attempt is on the wire, because the
-- POST's answer will name the wamid. A `failed` waits for half a minute, too: it names no category, so it
-- may be an agent's, and then the `sent` of our own message comes meanwhile. What leaves the wire takes
-- up what has waited; what has waited longer than that is taken up by the sweep (`failures-due`). Where two attempts to a person
-- are open, or two messages could be the attempt's, none is matched: the attempt is `contested`, and
-- only its wamid leads to it.

-- Evidence that an earlier attempt got through calls back a row that waits to be sent again: it then
-- counts for the row's current number, under which nothing is on the wire. Of an attempt that is
-- known to have failed (`retried`), only `delivered` and `read` speak against the failure.
local function calls_back(r, attempt, what)
  if attempt > r.attempt or r.state ~= STATE.pending or what == 'failed' then return false end
  return not has(r, FLAG.retried) or what == 'delivered' or what == 'read'
end

-- The person has stopped marketing. This number keeps to it from now on; the outbox takes it to the
-- list of the deployment, which wants the phone, and from there to the other numbers. A person may
-- take an opt-out back, and then the same message told again is no news, nor is what was said before.
-- `at`: when it was said, in whole seconds.
local function opt_out(c, row, attempt, person, at)
  if redis.call('HSETNX', c.key .. ':side', row .. ':o' .. attempt, 1) == 0 then return end
  if person ~= '' then
    if at + 1000 <= num(redis.call('HGET', P .. 'opted-in', person)) then return end
    redis.call('HSETNX', P .. 'suppressed', person, 'marketing')
  end
  redis.call('ZADD', P .. 'opt-out-outbox', 'NX', WALL, c.id .. '|' .. row)
end

-- WhatsApp could not deliver to this person: a campaign may skip them for a time.
local function note_undeliverable(person)
  if person ~= '' then redis.call('ZADD', P .. 'undeliverable', WALL, person) end
end

-- event: { status, at (ms), code, price, person, foreign, category, stored, due (NOW at which it may be matched) }
local function apply_status(c, row, r, attempt, event)
  if event.status == 'failed' and event.code == CODE.opted_out then
    opt_out(c, row, attempt, event.person, event.at)
  end
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
    if event.code == CODE.undeliverable then note_undeliverable(event.person) end
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

-- The person's events go on without this one.
local function strike_waiting(person, digest)
  local waiting, kept = person ~= '' and hash_get(P .. 'parked-for', person) or '', ''
  for at = 1, #waiting, DIGEST_BYTES do
    local other = string.sub(waiting, at, at + DIGEST_BYTES - 1)
    if other ~= digest then kept = kept .. other end
  end
  if kept ~= waiting then hash_put(P .. 'parked-for', person, kept ~= '' and kept) end
end

-- Nobody's. Returns how many events that were.
local function forget_parked(digest)
  local events = unpark(digest)
  for _, event in ipairs(events) do strike_waiting(event.person, digest) end
  if #events > 0 then redis.call('HINCRBY', P .. 'stats', 'orphans', #events) end
  return #events
end

local function park(digest, event, until_ms)
  local packed = hash_get(P .. 'parked', digest)
  local events = packed and cmsgpack.unpack(packed) or {}
  for _, known in ipairs(events) do
    if known.status == event.status then return end
  end
  if not packed and redis.call('ZCARD', P .. 'parked-until') >= PARKED_MAX then
    local oldest = redis.call('ZRANGE', P .. 'parked-until', 0, 0)[1]
    forget_parked(oldest)
    redis.call('ZREM', P .. 'parked-until', oldest)
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
  local id, row, attempt, at, mark = string.match(ref or '', '^(.-)|(%d+)|(%d+)|(%d+)|?(.*)$')
  return id, num(row), num(attempt), num(at), mark == 'contested'
end

-- Whether this attempt is the one open to the person, and whether it is contested.
local function holds_person(person, c, row, attempt)
  if person == '' then return false end
  local id, held_row, held_attempt, _, contested = parse_attempt(hash_get(P .. 'claimed', person))
  return id == c.id and held_row == row and held_attempt == attempt, contested
end

-- The attempt needs no event to tell its wamid any more. A contested one stands for the others, too.
local function release_person(person, c, row, attempt)
  local open, contested = holds_person(person, c, row, attempt)
  if not open then return end
  if not contested then hash_put(P .. 'claimed', person, false) end
  hash_put(P .. 'parked-for', person, false)
end

-- Whether the event can tell of the open attempt: it says when the message was sent, is no agent's, has
-- the campaign's category, and its time is near the claim. Later only what a message that was held back gets.
local function fits(c, r, event)
  if event.status ~= 'sent' and event.status ~= 'failed' or event.foreign == 1 then return false end
  local category = event.category
  if category ~= '' and string.sub(category, 1, #c.category) ~= c.category then return false end
  local age = event.at - unstamp(c, r.times[TIME.claimed] or 0)
  if age < 0 - EARLY_MS then return false end
  if r.reason == REASON.rollback then return age <= LOST_MS end
  return age <= SOON_MS or age <= OPEN_MS and (category ~= '' or event.code == CODE.template_paused)
end

-- Of the messages that are parked for the person: the one that was sent, else the one that failed and
-- has waited. Returns its digest and its wamid; nothing and true when there are two.
local function only_fitting(c, r, waiting)
  local found = { sent = {}, failed = {} }
  for at = 1, #waiting, DIGEST_BYTES do
    local digest = string.sub(waiting, at, at + DIGEST_BYTES - 1)
    local packed = hash_get(P .. 'parked', digest)
    for _, event in ipairs(packed and cmsgpack.unpack(packed) or {}) do
      local list = fits(c, r, event) and found[event.status] or {}
      list[#list + 1] = { digest = digest, stored = event.stored, due = event.due }
    end
  end
  local list = #found.sent > 0 and found.sent or found.failed
  if #list ~= 1 then return nil, nil, #list > 1 end
  if list[1].due > NOW then return nil end
  return list[1].digest, list[1].stored
end

-- The attempt is off the wire and has no wamid: is there one message that can be its own? True when
-- it was found.
local function match_parked(c, row, r, person)
  local open, contested = holds_person(person, c, row, r.attempt)
  local waiting = open and not contested and hash_get(P .. 'parked-for', person)
  if not waiting then return false end
  local digest, stored, several = only_fitting(c, r, waiting)
  if several then
    hash_put(P .. 'claimed', person, hash_get(P .. 'claimed', person) .. '|contested')
    hash_put(P .. 'parked-for', person, false)
  end
  if not digest then return false end
  set(r, FLAG.matched)
  release_person(person, c, row, r.attempt)
  bind(c, row, r, r.attempt, digest, stored)
  return true
end
