-- Applies verified status events one by one: each moves its row, or is matched or parked.
--- @include "status"
-- Atomic because: look-up, move, counters and parking must not interleave with `record`, which
-- binds the wamid and takes up the events parked for it. Together the events leave what they would
-- leave one by one. One that fails (a stored value that cannot be read) changes nothing for the
-- others.
-- KEYS: 1 slot key of the number
-- ARGV: events: STATUS_EVENT of protocol.ts each, with its texts behind it · failed_wait_ms: how
--   long a failure waits for a `sent` before it is matched by recipient
-- Returns: {STATUS_ANSWER of protocol.ts for each event, the texts that these name by their place
--   ...}; an error if all events failed for one reason. Kinds, each with its text: 'moved',
--   'unchanged' (the campaign) · 'parked' ('') · 'unmatched' ('fits': it can belong to the open
--   attempt to the recipient, or to a lost one | 'open': there is an open attempt, but the event
--   does not fit it | 'wire': an answer may still name the wamid | 'none') · 'error' (the reason)
-- Keys built: schema, asking, shares, notices, notices-failed, notify, trials, pace, news, clock,
--   by-end, with-rows, guard, resends, stats, claimed, parked, parked-until, parked-for,
--   failures-due, suppressed, leases, opted-in, opt-out-outbox, undeliverable, failed-outbox,
--   wamid:<level>:<bucket>, wamid-levels, running, scheduled, endings, halt, campaign:<id> and
--   its :counts :errors :timeline :pricing :side :unknown :ledger:<batch> :aside :beyond :chosen
--   :first :ready :trial :again :open :events :seen

-- Only this many messages at once are matched by recipient.
local WAITING_BYTES_MAX = 8 * DIGEST_BYTES

-- The event at position `at` of `ARG.events`, its digest, its marks, and where the next one begins.
local function read_event(at)
  local digest, person, at_ms, code, price, marks, status, stops, category, wamid
  digest, person, at_ms, code, price, marks, status, stops, category, wamid, at =
    struct.unpack(STATUS_EVENT.format, ARG.events, at)
  local stops_at = at + status
  local category_at = stops_at + stops
  local wamid_at = category_at + category
  local next_at = wamid_at + wamid
  status = string.sub(ARG.events, at, stops_at - 1)
  local event = {
    status = status, stops = string.sub(ARG.events, stops_at, category_at - 1),
    category = string.sub(ARG.events, category_at, wamid_at - 1),
    stored = string.sub(ARG.events, wamid_at, next_at - 1),
    at = at_ms, code = code, price = price,
    person = bit.band(marks, EVENT_MARK.person) ~= 0 and person or '',
    plus_one = bit.band(marks, EVENT_MARK.plus_one) ~= 0 and 1 or 0,
    foreign = bit.band(marks, EVENT_MARK.foreign) ~= 0 and 1 or 0,
    -- The version before this one waits from here, and events outlive an upgrade.
    seen = NOW, due = NOW + (status == 'failed' and num(ARG.failed_wait_ms) or 0),
  }
  return event, digest, marks, next_at
end

-- An array of arrays would be slower to write, and much slower to read.
local texts, places = {}, {}
local function place_of(text)
  if not places[text] then
    texts[#texts + 1] = text
    places[text] = #texts
  end
  return places[text]
end
local function answer(kind, text, row, attempt, state, code)
  return struct.pack(STATUS_ANSWER.format, place_of(kind), place_of(text), row or 0, attempt or 0,
    state or 0, code or 0)
end

-- The campaign whose rows are to be moved; one event may have opened it for the next ones.
local function known_rows(id)
  local c = opened_campaigns[id]
  if c then return not c.purged and c or nil end
  return open_rows(id)
end

-- Events that only move their row forward are written together: once their row is read they only
-- note, and the next events read what is noted. It is written before any other event begins.
local noted, heard, ours = {}, false, false
local function write_noted()
  if not next(noted) then return end
  write_back()
  for c in pairs(noted) do write_moves(c) end
  noted = {}
end

local function is_plain(c, r, attempt, event)
  return event.status ~= 'failed' and attempt == r.attempt and c.trials == ''
    and (r.state == STATE.accepted or r.state == STATE.sent or r.state == STATE.delivered
      or r.state == STATE.read)
end

local function keep(c, row, r, attempt, moved)
  hash_put(ledger_key(c, batch_of(row)), row_field(row), encode(r))
  heard, ours = true, true
  local kind = moved and EVENT_KIND.moved or EVENT_KIND.unchanged
  return answer(kind, c.id, row, attempt, shown(c, r.state), r.code)
end

local function apply(event, digest, marks)
  local person = event.person
  local id, row, attempt = index_get(digest)
  local c = id and known_rows(id)
  if c then
    local r = decode(hash_get(ledger_key(c, batch_of(row)), row_field(row)))
    local plain = is_plain(c, r, attempt, event)
    if plain then noted[c] = true else write_noted() end
    release_person(person, c, row, attempt)
    attempt = applies_to(c, row, r, attempt, digest, event)
    local moved = apply_status(c, row, r, attempt, event)
    local result = keep(c, row, r, attempt, moved)
    if not plain then commit(c)
    elseif moved then c.steps = (c.steps or 0) + 1 end
    return result
  end
  write_noted()

  -- The open attempt to the recipient, if there is one.
  local r, fitting = nil, false
  c = nil
  if person ~= '' then
    id, row, attempt = parse_attempt(hash_get(CLAIMED, person))
    c = id and known_rows(id)
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

  if bit.band(marks, EVENT_MARK.ask) ~= 0 then
    if fitting then return answer(EVENT_KIND.unmatched, EVENT_WAITS.fits) end
    if c or lost then return answer(EVENT_KIND.unmatched, EVENT_WAITS.open) end
    local is_out = redis.call('EXISTS', P .. 'leases') == 1
    return answer(EVENT_KIND.unmatched, is_out and EVENT_WAITS.wire or EVENT_WAITS.none)
  end

  heard = true
  -- Kept as long as its message may still be found.
  park(digest, event, NOW + (lost and LOST_MS or c and OPEN_MS or PARKED_MS))
  if fitting and bit.band(marks, EVENT_MARK.unmatched) == 0 then
    local waiting = hash_get(PARKED_FOR, person) or ''
    if #waiting < WAITING_BYTES_MAX and not string.find(waiting, digest, 1, true) then
      hash_put(PARKED_FOR, person, waiting .. digest)
      if event.due > NOW then redis.call('ZADD', P .. 'failures-due', event.due, person) end
    end
    local before = r and r.state
    if r and before ~= STATE.sending and match_parked(c, row, r, person) then
      local result = keep(c, row, r, attempt, r.state ~= before)
      commit(c)
      return result
    end
  end
  write_back()
  return answer(EVENT_KIND.parked, '')
end

local answers, reasons, at = {}, {}, 1
local libraries = #kept_back
while at <= #ARG.events do
  local event, digest, marks
  event, digest, marks, at = read_event(at)
  local done, result = pcall(apply, event, digest, marks)
  if not done then
    -- What is noted is of the events before it: what fails notes nothing, or was preceded by
    -- `write_noted`. Nothing of it is written later, and what the next ones need is read again.
    write_noted()
    forget_hashes()
    opened_campaigns, index_levels, index_top, index_added = {}, nil, nil, 0
    for more = #kept_back, libraries + 1, -1 do kept_back[more] = nil end
    local reason = type(result) == 'table' and result.err or 'ERR ' .. result
    reasons[reason] = (reasons[reason] or 0) + 1
    result = answer(EVENT_KIND.error, reason)
  end
  answers[#answers + 1] = result
end
write_noted()
if heard then redis.call('HSET', P .. 'stats', 'lastWebhookAt', WALL, 'heardAt', NOW) end
if ours then redis.call('HSET', P .. 'stats', 'confirmedAt', NOW) end
local why = next(reasons)
if why and reasons[why] == #answers then return redis.error_reply(why) end
table.insert(texts, 1, table.concat(answers))
return texts
