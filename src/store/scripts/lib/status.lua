--- @include "hashes"
--- @include "again"
--- @include "pace"
--- @include "wamid"
--- @include "stops"
-- Applies status events to rows, and finds the row of an event whose wamid is unknown.
--
-- An event with an unknown wamid is matched to the one open attempt to its recipient (`claimed`),
-- if it can belong to that attempt (`fits`). It waits (parked) while the attempt is on the wire,
-- because the POST's answer will name the wamid. A `failed` event also waits for half a minute: it
-- names no category, so it may be for an agent's message, and then the `sent` event of our own
-- message arrives meanwhile. When an attempt leaves the wire, it takes up the events that have
-- waited; the sweep takes up failures later (`failures-due`). If a person has two open attempts, or
-- two messages could belong to the attempt, none is matched: the attempt is `contested`, and only
-- its wamid identifies it.

local CLAIMED, PARKED, PARKED_FOR = P .. 'claimed', P .. 'parked', P .. 'parked-for'

-- If an earlier attempt turns out to have succeeded, cancel the pending retry and apply the status
-- to the current attempt, which has not been sent. After an attempt that is known to have failed
-- (`retried`), only `delivered` and `read` contradict the failure.
local function calls_back(r, attempt, what)
  if attempt > r.attempt or r.state ~= STATE.pending or what == 'failed' then return false end
  return not has(r, FLAG.retried) or what == 'delivered' or what == 'read'
end

-- The person opted out of marketing. This number applies it at once; the outbox carries it to the
-- deployment's list, which needs the phone, and from there to the other numbers. If a person later
-- takes the opt-out back, the same event again, or one from before, has no effect. `at`: when the
-- person opted out, in whole seconds.
local function opt_out(c, row, attempt, person, at)
  if redis.call('HSETNX', c.key .. ':side', row .. ':o' .. attempt, 1) == 0 then return end
  if person ~= '' then
    if at + SECOND_MS <= num(redis.call('HGET', P .. 'opted-in', person)) then return end
    redis.call('HSETNX', P .. 'suppressed', person, SCOPE.marketing)
  end
  redis.call('ZADD', P .. 'opt-out-outbox', 'NX', WALL, c.id .. '|' .. row)
end

-- WhatsApp could not deliver to this person: campaigns may skip them for a time.
local function note_undeliverable(person)
  if person ~= '' then redis.call('ZADD', P .. 'undeliverable', WALL, person) end
end

-- Once for each event of this kind.
local function note_contradiction(c, row, attempt, event, what)
  note_history(c, row, what, { at = stamp(c, event.at), attempt = attempt, code = event.code },
    true)
end

-- event: { status, at (ms), code, stops: what its code stops ('template', 'account', 'restricted',
-- ''), plus_one (lib/again.lua), price, person, foreign, category, stored, due: the NOW from which
-- it may be matched }
local function apply_status(c, row, r, attempt, event)
  if event.status == 'failed' and event.code == CODE.opted_out then
    opt_out(c, row, attempt, event.person, event.at)
  end
  if event.price ~= 0 and r.price == 0 then
    r.price = event.price
    add(c.priced, event.price, 1)
    local charged = math.floor(event.price / PRICE_CATEGORY)
    local is_marketing = charged == PRICED.marketing or charged == PRICED.marketing_lite
    if is_marketing and c.category ~= CATEGORY.marketing and c.status == STATUS.running then
      open_recent(c).add_marketing()
    end
  end
  local got_through = event.status == 'delivered' or event.status == 'read'
  if attempt < r.attempt then
    if got_through then set(r, FLAG.maybe_duplicate) end
    note_contradiction(c, row, attempt, event, HISTORY[event.status])
    return false
  end
  if r.state == STATE.pending and not calls_back(r, attempt, event.status) then return false end
  if event.status ~= 'failed' then
    if not r.times[TIME[event.status]] then r.times[TIME[event.status]] = stamp(c, event.at) end
    if r.state == STATE.failed and got_through then
      redis.call('ZREM', P .. 'undeliverable', event.person)
      if c.status == STATUS.running then open_recent(c).take_failed(r.times[TIME.accepted]) end
    end
    return fire(c, row, r, 'status_' .. event.status)
  end
  if fire(c, row, r, EVENT.status_failed) then
    local reason = event.code == 0 and REASON.failed_without_code or 0
    note_failed(c, row, r, event.code, reason, event.at)
    slow_down_after(event.code)
    if event.code == CODE.undeliverable then note_undeliverable(event.person) end
    stop_by_status(c, r, event)
    send_again(c, row, r, event)
    return true
  end
  if r.state == STATE.delivered or r.state == STATE.read then
    set(r, FLAG.late_failed)
    note_contradiction(c, row, attempt, event, HISTORY.late_failed)
  end
  return false
end

-- Moves the wamid of the row's last attempt, if any, to its history.
local function put_wamid_away(c, row, r)
  local key, field = ledger_key(c, batch_of(row)), wamid_field(row)
  local old = hash_get(key, field)
  if not old then return end
  redis.call('HSET', c.key .. ':side', row .. ':w' .. r.attempt, old)
  hash_put(key, field, false)
end

-- The attempt to which the event applies. An earlier one that calls back the retry takes the place
-- of the current one, with its wamid.
local function applies_to(c, row, r, attempt, digest, event)
  if attempt == r.attempt or not calls_back(r, attempt, event.status) then return attempt end
  put_wamid_away(c, row, r)
  unset(r, FLAG.reference)
  hash_put(ledger_key(c, batch_of(row)), wamid_field(row), event.stored)
  index_put(c, digest, row, r.attempt)
  return r.attempt
end

local function unpark(digest)
  local packed = hash_get(PARKED, digest)
  if not packed then return {} end
  hash_put(PARKED, digest, false)
  redis.call('ZREM', P .. 'parked-until', digest)
  return cmsgpack.unpack(packed)
end

-- Removes one message from those parked for the person.
local function strike_waiting(person, digest)
  local waiting, kept = person ~= '' and hash_get(PARKED_FOR, person) or '', ''
  for at = 1, #waiting, DIGEST_BYTES do
    local other = string.sub(waiting, at, at + DIGEST_BYTES - 1)
    if other ~= digest then kept = kept .. other end
  end
  if kept ~= waiting then hash_put(PARKED_FOR, person, kept ~= '' and kept) end
end

-- Drops events whose message was not found. Returns how many.
local function forget_parked(digest)
  local events = unpark(digest)
  for _, event in ipairs(events) do strike_waiting(event.person, digest) end
  if #events > 0 then redis.call('HINCRBY', P .. 'stats', 'orphans', #events) end
  return #events
end

local function park(digest, event, until_ms)
  local packed = hash_get(PARKED, digest)
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
  hash_put(PARKED, digest, cmsgpack.pack(events))
  redis.call('ZADD', P .. 'parked-until', 'GT', until_ms, digest)
end

-- With so many messages that got two wamids a campaign is paused.
local DOUBLES_MAX = 2

-- Stores and indexes the wamid of an attempt, and applies the events that were parked for it. A
-- second wamid of one attempt is stored beside the first and shown to the operator; that of an
-- earlier attempt goes to the row's history.
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
        note_history(c, row, HISTORY.second_id, { attempt = attempt })
        if redis.call('HINCRBY', c.key, 'doubles', 1) >= DOUBLES_MAX then
          pause_campaign(c, PAUSE.double_wamid)
        end
      end
    else
      if known and known ~= stored then
        redis.call('HSET', c.key .. ':side', row .. ':ref', known)
      end
      unset(r, FLAG.reference)
      hash_put(key, field, stored)
    end
  end
  index_put(c, digest, row, attempt)
  for _, event in ipairs(unpark(digest)) do
    attempt = applies_to(c, row, r, attempt, digest, event)
    apply_status(c, row, r, attempt, event)
  end
end

local function parse_attempt(ref)
  local id, row, attempt, at, mark = string.match(ref or '', '^(.-)|(%d+)|(%d+)|(%d+)|?(.*)$')
  return id, num(row), num(attempt), num(at), mark == 'contested'
end

-- Whether this attempt is the one open to the person, and whether it is contested.
local function holds_person(person, c, row, attempt)
  if person == '' then return false end
  local held = hash_get(CLAIMED, person)
  if not held then return false end
  local ref = attempt_ref(c.id, row, attempt) .. '|'
  if string.sub(held, 1, #ref) ~= ref then return false end
  return true, string.find(held, '|contested', #ref, true) ~= nil
end

-- The attempt's wamid is known, so it is no longer the person's open attempt. A contested one
-- stays, because it stands for other attempts too.
local function release_person(person, c, row, attempt)
  local open, contested = holds_person(person, c, row, attempt)
  if not open then return end
  if not contested then hash_put(CLAIMED, person, false) end
  hash_put(PARKED_FOR, person, false)
end

-- Whether the event can belong to the open attempt: it is `sent` or `failed`, not for an agent's
-- message, in the campaign's category, and close to the claim. A later event fits only if a message
-- that WhatsApp held back can get it.
local function fits(c, r, event)
  if event.status ~= 'sent' and event.status ~= 'failed' or event.foreign == 1 then return false end
  local category = event.category
  if category ~= '' and string.sub(category, 1, #c.category) ~= c.category then return false end
  local age = event.at - unstamp(c, r.times[TIME.claimed] or 0)
  if age < 0 - EARLY_MS then return false end
  if r.reason == REASON.rollback then return age <= LOST_MS end
  return age <= SOON_MS or age <= OPEN_MS and (category ~= '' or event.code == CODE.template_paused)
end

-- Of the messages parked for the person: the one that was sent, else the one that failed and has
-- waited. Returns its digest and its wamid; nil, nil, true if there are two.
local function only_fitting(c, r, waiting)
  local found = { sent = {}, failed = {} }
  for at = 1, #waiting, DIGEST_BYTES do
    local digest = string.sub(waiting, at, at + DIGEST_BYTES - 1)
    local packed = hash_get(PARKED, digest)
    for _, event in ipairs(packed and cmsgpack.unpack(packed) or {}) do
      local list = fits(c, r, event) and found[event.status] or {}
      -- An event of an older version has `seen` alone.
      local due = event.due or num(event.seen)
      list[#list + 1] = { digest = digest, stored = event.stored, due = due }
    end
  end
  local list = #found.sent > 0 and found.sent or found.failed
  if #list ~= 1 then return nil, nil, #list > 1 end
  if list[1].due > NOW then return nil end
  return list[1].digest, list[1].stored
end

-- The attempt is off the wire and has no wamid. True if exactly one parked message fits it.
local function match_parked(c, row, r, person)
  local open, contested = holds_person(person, c, row, r.attempt)
  local waiting = open and not contested and hash_get(PARKED_FOR, person)
  if not waiting then return false end
  local digest, stored, several = only_fitting(c, r, waiting)
  if several then
    hash_put(CLAIMED, person, hash_get(CLAIMED, person) .. '|contested')
    hash_put(PARKED_FOR, person, false)
  end
  if not digest then return false end
  set(r, FLAG.matched)
  release_person(person, c, row, r.attempt)
  bind(c, row, r, r.attempt, digest, stored)
  return true
end
