-- Shared by every script: the key prefix, the clocks, and the campaign that a script works on.
-- Names in capitals that no script declares (STATE.pending, BATCH_ROWS) come from protocol.ts:
-- render-lua.ts replaces them by their values.
local P = KEYS[1] .. ':'

-- The number's name without the mode. Campaign ids begin with it.
local function number_name()
  return string.match(KEYS[1], '{([^.}]*)')
end

local function num(text, default)
  return tonumber(text or '') or default or 0
end

local SECOND_MS, MINUTE_MS, SECOND_US, MS_US = 1000, 60000, 1000000, 1000

-- Two clocks. WALL is Redis TIME: people read it, and it is compared with times from outside
-- (startAt, endBy, status events). NOW is the number's own clock, which never goes back: WALL plus
-- an offset that grows by as much as TIME steps back (an NTP correction, or another host after a
-- failover). Every wait (lease, backoff, due time, send time) is stored and compared in NOW, so its
-- length does not depend on TIME:
--   TIME 14:00:00, two hours fast   a backoff of 1 s is stored as 14:00:01; `mark` is 14:00:00
--   TIME 12:00:00, corrected        NOW stays 14:00:00, offset 2 h; the backoff ends in 1 s
local REDIS_TIME = redis.call('TIME')
local WALL_US = REDIS_TIME[1] * SECOND_US + REDIS_TIME[2]
local WALL = math.floor(WALL_US / MS_US)
local CLOCK = redis.call('HMGET', P .. 'clock', 'offset', 'mark')
local CLOCK_OFFSET = math.max(num(CLOCK[1]), num(CLOCK[2]) - WALL)
local NOW_US = WALL_US + CLOCK_OFFSET * MS_US
local NOW = WALL + CLOCK_OFFSET

-- `mark` is the latest NOW, to within a second. Scripts that run all the time update it.
local MARK_EVERY_MS = 1000
local function keep_clock()
  if CLOCK_OFFSET == num(CLOCK[1]) and NOW < num(CLOCK[2]) + MARK_EVERY_MS then return end
  redis.call('HSET', P .. 'clock', 'offset', CLOCK_OFFSET, 'mark', NOW)
end

-- Webhooks count as arriving for `window_ms` after the last one. A last webhook in the future was
-- recorded by a fast clock and does not count.
local function webhooks_arriving(window_ms)
  local last = num(redis.call('HGET', P .. 'stats', 'lastWebhookAt'))
  return last <= WALL and last + window_ms > WALL
end

-- Whether the shorter forms of ledger values and of the wamid index may be written: not while
-- processes may run that cannot read them (schema.ts).
local short_forms
local function writes_short()
  if short_forms == nil then
    short_forms = num(redis.call('GET', P .. 'schema')) >= SHORT_FORMS_SCHEMA
  end
  return short_forms
end

-- The campaigns that this script has opened, as it left them, by id.
local opened_campaigns = {}

-- Reads the fields of campaign `id` that moves depend on; nil if there is no such campaign.
local function open_campaign(id)
  local key = P .. 'campaign:' .. id
  local f = redis.call('HMGET', key, 'epoch', 'status', 'closed', 'category', 'rows', 'weight',
    'guarantee', 'purgedAt', 'trials', 'startedAt', 'again', 'test')
  if not f[1] then return nil end
  local c = {
    id = id, key = key, epoch = num(f[1]), status = f[2], closed = f[3] or '', category = f[4],
    rows = num(f[5]), weight = num(f[6], WEIGHT.normal), guarantee = f[7], purged = f[8],
    trials = f[9] or '', started_at = num(f[10], WALL), again = f[11] or '', is_test = f[12],
    count = {}, entered = {}, errors = {}, priced = {}, attempts = 0, accepted = 0,
  }
  opened_campaigns[id] = c
  return c
end

-- Time of day in ms <-> ticks since the campaign's epoch, as stored in 4 bytes.
local function stamp(c, ms)
  if ms == WALL and c.tick then return c.tick end
  local tick = math.max(0, math.min(TICKS_MAX, math.floor((ms - c.epoch) / TICK_MS)))
  if ms == WALL then c.tick = tick end
  return tick
end
local function unstamp(c, ticks) return c.epoch + ticks * TICK_MS end

-- How sets and hashes refer to an attempt. A script asks for the same one several times in a row.
local last_ref, last_id, last_row, last_attempt
local function attempt_ref(id, row, attempt)
  if row ~= last_row or attempt ~= last_attempt or id ~= last_id then
    last_id, last_row, last_attempt = id, row, attempt
    last_ref = id .. '|' .. row .. '|' .. attempt
  end
  return last_ref
end

local function add(deltas, field, n)
  deltas[field] = (deltas[field] or 0) + n
end

-- The state that pending rows get when their campaign is closed.
local function closed_state(closed)
  return closed == CLOSED.cancelled and STATE.cancelled or STATE.expired
end

-- A pending row of a closed campaign reads (and counts) as cancelled or expired.
local function shown(c, state)
  if state == STATE.pending and c.closed ~= '' then return closed_state(c.closed) end
  return state
end

-- Notes a move of a row; `commit` writes it in the same script.
local function count_move(c, from, to)
  from = shown(c, from)
  to = shown(c, to)
  if from == to then return end
  add(c.count, from, -1)
  add(c.count, to, 1)
  add(c.entered, to, 1)
end

-- An outbox for webhooks out: each of these events becomes deliveries (queue-event). Nothing is
-- written unless an endpoint is configured (register-endpoints).
local NOTICES = {
  [NEWS.started] = 1, [NEWS.paused] = 1, [NEWS.resumed] = 1, [NEWS.reopened] = 1,
  [NEWS.finished] = 1, [NEWS.cancelled] = 1, [NEWS.expired] = 1, [NEWS.suspended] = 1,
  [NEWS.released] = 1,
}
local NOTICES_MAX = 10000
local function note_notice(line)
  if redis.call('EXISTS', P .. 'notify') == 0 then return end
  redis.call('XADD', P .. 'notices', 'MAXLEN', '=', NOTICES_MAX, '*', 'line', line)
end

-- What happened to a campaign, for its page: its latest events (history.ts).
local EVENTS_MAX = 200
local function note_event(c, what, detail)
  local key = c.key .. ':events'
  redis.call('RPUSH', key, WALL .. '|' .. what .. '|' .. (detail or ''))
  redis.call('LTRIM', key, -EVENTS_MAX, -1)
end

-- An outbox for the workers' log: events of campaigns and of the number. One worker takes each line
-- (take-news). When more than a thousand wait, the oldest are dropped.
local NEWS_MAX = 1000
-- Stands for the campaign in events of the number itself.
local THE_NUMBER = { id = '' }
local function note_news(c, what, detail)
  if c.is_test and what ~= NEWS.suspended then return end
  if c.key then note_event(c, what, detail) end
  local line = c.id .. '|' .. what .. '|' .. WALL .. '|' .. (detail or '')
  redis.call('RPUSH', P .. 'news', line)
  redis.call('LTRIM', P .. 'news', -NEWS_MAX, -1)
  if NOTICES[what] then note_notice(line) end
end

-- A paused campaign keeps its rows; no more are claimed. The first reason stays.
local function pause_campaign(c, reason)
  local goes_on = c.status == STATUS.running or c.status == STATUS.scheduled
  if not goes_on or c.closed ~= '' then return false end
  redis.call('ZREM', P .. 'running', c.id)
  redis.call('ZREM', P .. 'scheduled', c.id)
  redis.call('HSET', c.key, 'status', STATUS.paused, 'reason', reason, 'pausedAt', WALL)
  c.status = STATUS.paused
  note_news(c, NEWS.paused, reason)
  return true
end

-- On a suspended number nothing starts: the campaign is paused with the same reason. What pauses a
-- campaign by itself is counted from its last start on: a person has seen what was before.
local function start_running(c)
  local was = { [STATUS.paused] = NEWS.resumed, [STATUS.finished] = NEWS.reopened }
  local what = was[c.status] or NEWS.started
  local lowest = redis.call('ZRANGE', P .. 'running', 0, 0, 'WITHSCORES')
  redis.call('ZADD', P .. 'running', num(lowest[2]), c.id)
  redis.call('HDEL', c.key, 'recent', 'drift', 'doubts', 'doubles')
  redis.call('HSET', c.key, 'status', STATUS.running, 'reason', '', 'servedAt', NOW)
  c.status, c.recent = STATUS.running, nil
  local halt = redis.call('HMGET', P .. 'halt', 'code', 'why')
  if not halt[1] then return note_news(c, what) end
  pause_campaign(c, halt[2] or PAUSE.account .. ':' .. halt[1])
end

-- Lets dispatch close the campaign at its `endBy`.
local function watch_end(c)
  local ends = num(redis.call('HGET', c.key, 'endBy'))
  if ends > 0 then redis.call('ZADD', P .. 'endings', ends, c.id) end
end

-- Two indexes, so that background work need not read every campaign that ever existed: `by-end` has
-- the time at which each ended, +inf while it has not; `with-rows` has the ended ones whose rows
-- are still stored.
local function index_live(id)
  redis.call('ZADD', P .. 'by-end', '+inf', id)
  redis.call('ZREM', P .. 'with-rows', id)
end
local function index_ended(id)
  redis.call('ZADD', P .. 'by-end', WALL, id)
  redis.call('ZADD', P .. 'with-rows', WALL, id)
  -- Its share of send times (lib/share.lua): nothing else would remove it.
  redis.call('HDEL', P .. 'shares', id)
  redis.call('ZREM', P .. 'asking', id)
end

-- A campaign is finished when its last row leaves pending and sending, and runs again when a row
-- comes back. If it was paused and a late answer ("not sent") brings the row back, it is paused
-- again: only `retry` or `resend` by a person overrides a pause (go_on).
local function settle_status(c)
  local live = redis.call('HMGET', c.key .. ':counts', STATE.pending, STATE.sending)
  local pending, sending = num(live[1]), num(live[2])
  if pending + sending == 0 and (c.status == STATUS.running or c.status == STATUS.paused) then
    redis.call('ZREM', P .. 'running', c.id)
    redis.call('ZREM', P .. 'endings', c.id)
    if c.status == STATUS.paused then
      redis.call('HSET', c.key, 'pausedFor', redis.call('HGET', c.key, 'reason'))
    end
    redis.call('HSET', c.key, 'status', STATUS.finished, 'reason', '', 'finishedAt', WALL)
    index_ended(c.id)
    c.status = STATUS.finished
    note_news(c, NEWS.finished)
  elseif pending > 0 and c.status == STATUS.finished then
    index_live(c.id)
    start_running(c)
    local paused_for = redis.call('HGET', c.key, 'pausedFor')
    redis.call('HDEL', c.key, 'finishedAt', 'pausedFor')
    watch_end(c)
    if paused_for then pause_campaign(c, paused_for) end
  end
end

local function go_on(c)
  if c.status == STATUS.finished then redis.call('HDEL', c.key, 'pausedFor') end
end

-- The batch has work from `at` on. An open batch is skipped: close-batch finds the work. One that a
-- trial has set aside comes back (lib/trial.lua).
local function make_ready(c, batch, at)
  if redis.call('HEXISTS', c.key .. ':open', batch) == 1 then return end
  if c.trials ~= '' then
    for _, aside in ipairs({ ':aside', ':beyond' }) do redis.call('ZREM', c.key .. aside, batch) end
  end
  redis.call('ZADD', c.key .. ':ready', 'LT', at, batch)
end

-- After a suspension is lifted, one message of the number goes first, as a probe. `probing` in the
-- pace hash is 'open' until a message is claimed, then holds its attempt, and is deleted once that
-- attempt is accepted: then all may go. If the attempt ends in another way, the next message
-- becomes the probe. Attempts from before the suspension have no effect on it.
local probing
local function is_probe(id, row, attempt)
  if probing == nil then probing = redis.call('HGET', P .. 'pace', 'probing') end
  return probing and probing == attempt_ref(id, row, attempt)
end
local function reopen_probe(id, row, attempt)
  if not is_probe(id, row, attempt) then return end
  probing = 'open'
  redis.call('HSET', P .. 'pace', 'probing', probing)
end
