--- @include "pace"
--- @include "recent"
-- The effects of an outcome beyond its own message: backoff or suspension of the number, pauses.
local QUIET_MS = 60000

-- When the number backed off, and why, for the pages (history.ts). Those that follow each other
-- closely are one.
local BACKOFFS_MAX, SAME_BACKOFF_MS = 200, 5000
local function note_backoff(wait, why)
  local key, until_ms = P .. 'backoffs', math.ceil(WALL + wait)
  local last = redis.call('LINDEX', key, -1) or ''
  local from, ended, was = string.match(last, '^(%d+)|(%d+)|(.*)$')
  if was == why and num(ended) + SAME_BACKOFF_MS >= WALL and num(from) <= WALL then
    redis.call('LSET', key, -1, from .. '|' .. math.max(num(ended), until_ms) .. '|' .. why)
    return
  end
  redis.call('RPUSH', key, WALL .. '|' .. until_ms .. '|' .. why)
  redis.call('LTRIM', key, -BACKOFFS_MAX, -1)
end

-- Backoff: no worker sends from this number until `wait` is over; if the API names no time, it
-- grows with each backoff. Each new one lowers the rate by a quarter; it recovers (pace.lua).
local function back_off(wait, why)
  local key = P .. 'pace'
  local f = redis.call('HMGET', key, 'hold', 'holds')
  local until_ms, holds = held_until(f[1]), num(f[2])
  if until_ms <= NOW then
    holds = until_ms + QUIET_MS < NOW and 1 or holds + 1
    redis.call('HSET', key, 'holds', holds, 'holdReason', why)
    if why == BACKOFF.too_fast then slow_down() end
    note_backed_off(why)
  end
  if wait <= 0 then wait = math.min(OWN_BACKOFF_MAX_MS, SECOND_MS * 2 ^ (holds - 1)) end
  until_ms = math.max(until_ms, NOW + wait)
  redis.call('HSET', key, 'hold', until_ms)
  note_backoff(until_ms - NOW, why)
  return until_ms - NOW
end

-- A request that never left says nothing about its message. After several in a row the API counts
-- as unreachable: the number backs off, longer each time, and messages use up no tries.
local UNREACHED_MAX = 5
local function note_unreached(o)
  if redis.call('HINCRBY', P .. 'pace', 'unreached', 1) < UNREACHED_MAX then return false end
  o.wait, o.outage = back_off(0, BACKOFF.unreachable), true
  return true
end

-- Stops what an error of this kind affects, as `o` (or the row) reports it. `template`: pauses all
-- that runs with this template in this language; a campaign that starts later is paused by its own
-- first message. `account`, `restricted`: suspends the number. Nothing is sent until a person
-- resumes, not even lists that arrive meanwhile (start_running). Correcting counters lifts only a
-- suspension by the audit (note-audit).
local function stop_many(c, o, kind)
  local why, template, is_new = kind .. ':' .. o.code, nil, false
  if kind == PAUSE.template then
    if c.status ~= STATUS.running then return end
    template = redis.call('HGET', c.key, 'template')
  else
    is_new = redis.call('EXISTS', P .. 'halt') == 0
    redis.call('HSET', P .. 'halt', 'code', o.code, 'reason', o.reason, 'at', WALL, 'campaign',
      c.id, 'why', why)
  end
  for _, id in ipairs(redis.call('ZRANGE', P .. 'running', 0, -1)) do
    local its = template and redis.call('HGET', P .. 'campaign:' .. id, 'template')
    local one = its == template and (opened_campaigns[id] or open_campaign(id))
    if one then pause_campaign(one, why) end
  end
  if is_new then note_news(c, NEWS.suspended, why) end
end

-- True if this answer stops more than its message. Only an answer to the current attempt can.
local function stop_by(c, o, r)
  if o.attempt ~= r.attempt or (r.state ~= STATE.sending and r.state ~= STATE.unknown) then
    return false
  end
  if o.outcome == OUTCOME.back_off then o.wait = back_off(o.wait, BACKOFF.too_fast)
  elseif o.outcome == OUTCOME.retry then return note_unreached(o)
  elseif o.outcome == OUTCOME.suspend then stop_many(c, o, PAUSE.account)
  elseif o.outcome == OUTCOME.restrict then stop_many(c, o, PAUSE.restricted)
  elseif o.outcome == OUTCOME.template then stop_many(c, o, PAUSE.template)
  elseif o.outcome == OUTCOME.accepted then
    if is_probe(c.id, o.row, o.attempt) then
      probing = false
      redis.call('HDEL', P .. 'pace', 'probing')
    end
    return false
  else return false end
  return true
end

-- The same codes stop the same when a webhook reports them; a message from before the last start
-- says nothing about now. `event` as in lib/status.lua; its message has failed.
local function stop_by_status(c, r, event)
  if c.status ~= STATUS.running then return end
  local recent, answered, stops = open_recent(c), r.times[TIME.accepted], event.stops or ''
  if stops ~= '' and recent.has(answered) then stop_many(c, r, stops) end
  recent.add_failed(answered, error_field(r))
end

-- After `most` ambiguous answers within the window the campaign is paused.
local function spend_unknown_budget(c, most, window_ms)
  local kept = { NOW }
  for at in string.gmatch(redis.call('HGET', c.key, 'doubts') or '', '%d+') do
    if num(at) > NOW - window_ms then kept[#kept + 1] = at end
  end
  redis.call('HSET', c.key, 'doubts', table.concat(kept, ',', 1, math.min(#kept, most)))
  if #kept >= most then pause_campaign(c, PAUSE.unknown_budget) end
end
