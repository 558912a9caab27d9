--- @include "base"
-- Trials: some rows of a campaign go first, and the rest waits for their outcomes.
--
--   kind    its rows                            it passes when                       then
--   canary  `chosen`: spread over the list      enough are delivered within `wait`   go | ask
--   probe   `chosen`: when a person resumes     the same                             go
--   first   all up to `upTo`: the first N       none of them is pending or sending   ask
--
--   on ──passed, go──────────────────────> over: the rest goes at once
--    │ └─passed, ask ─> paused ──resume──> over
--    │ └─failed | late | none ─> paused ──resume──> over (a person's decision)
--    └─the campaign is finished ─────────> over
--
-- `failed`: enough can no longer be delivered. `late`: `wait` is over since the last of its rows
-- was claimed. `none`: all its rows were suppressed or expired. Only `delivered` and `read` count
-- as delivered; an accepted or unknown message may still become so until `wait` is over. Rows that
-- are suppressed or expire make the trial smaller, and so do those that a frequency cap puts off.
--
-- A trial counts its own rows by state; `fire` moves the row in both counts. `settle_trials` runs
-- in every script that moved rows, and in `dispatch` when a wait is over, so no process has a
-- timer. A row outside the trial is never claimed (`may_go`). Batches without a row of the trial
-- are not in `ready` but set aside, so that they are not opened in vain; a pending row's batch is
-- in exactly one of `ready`, `open` and what is set aside. When a trial is over they come back.
--
-- A campaign has at most two trials, one within the other: the first N rows, and among them a
-- canary or probe.
--   canary of 2 in 400 rows: `chosen` 101, 301 · `ready` batches 1, 3 · `aside` batches 0, 2
--   row 101 is claimed, accepted, delivered: 1 of 2, and 2 x 0.8 needs 2
--   row 301 is claimed: `until` is now + wait · it fails: needed 2, possible 1: failed, paused
--   resume: all batches are in `ready`
local TRIALS = {
  first = { key = ':first', aside = ':beyond' },
  trial = { key = ':trial', aside = ':aside' },
}

-- The trials that are on, the inner one last.
local function open_trials(c)
  if c.on_trial then return c.on_trial end
  c.on_trial = {}
  for slot in string.gmatch(c.trials, '%a+') do
    local t = { slot = slot, key = c.key .. TRIALS[slot].key, moved = {}, rows = {} }
    local fields = redis.call('HGETALL', t.key)
    for at = 1, #fields, 2 do
      local state = tonumber(fields[at])
      if state then t.rows[state] = num(fields[at + 1]) else t[fields[at]] = fields[at + 1] end
    end
    if #fields > 0 then c.on_trial[#c.on_trial + 1] = t end
  end
  return c.on_trial
end

local function inner_trial(c)
  local all = open_trials(c)
  return all[#all]
end

local function is_corrected(r) return r.attempt == 0 and bit.band(r.flags, FLAG.retried) ~= 0 end

-- A frequency cap keeps it back, for days it may be.
local function is_put_off(r) return r.state == STATE.pending and r.reason == REASON.capped end

-- Rows that were rejected by the import and corrected since are not among the first N.
local function is_of(c, t, row, r)
  if t.slot == 'trial' then return redis.call('SISMEMBER', c.key .. ':chosen', row) == 1 end
  return row <= num(t.upTo) and not is_corrected(r) and not (t.shrinks and is_put_off(r))
end

-- A corrected row that may have been sent joins the first N: Redis lost its claim, so from now on
-- the row has an attempt and counts as one of them.
local function joins(t, row, r, to)
  return t.slot == 'first' and row <= num(t.upTo) and is_corrected(r)
    and (to == STATE.sending or to == STATE.unknown)
end

-- Whether the row waits for a further try after a failure (lib/again.lua). In a trial it stays
-- failed until something else is known of it, and it goes when the trial is over.
local function waits_again(r) return r.state == STATE.pending and r.code ~= 0 end

-- Whether no trial keeps the row back.
local function may_go(c, row, r)
  if c.trials == '' then return true end
  if waits_again(r) and inner_trial(c) then return false end
  for _, t in ipairs(open_trials(c)) do
    if not is_of(c, t, row, r) then return false end
  end
  return true
end

-- Notes a move of a row; `settle_trials` writes it in the same script.
local function move_in_trials(c, row, r, to)
  if c.trials == '' or c.closed ~= '' or r.state == STATE.rejected or r.stays_failed then return end
  local from = waits_again(r) and STATE.failed or r.state
  for _, t in ipairs(open_trials(c)) do
    if joins(t, row, r, to) then
      add(t.moved, to, 1)
    elseif is_of(c, t, row, r) then
      add(t.moved, from, -1)
      add(t.moved, to, 1)
      -- After a rollback: it may have been claimed in the lost time.
      local is_doubted = r.state == STATE.pending and to == STATE.unknown
      t.claimed = t.claimed or is_doubted or to == STATE.sending
    end
  end
end

-- No trial waits for days for a row that a frequency cap puts off: it gets smaller. First rows that
-- an earlier version began with keep it: they count what that version has put off (`shrinks`).
local function leave_trial(c, row, r)
  if waits_again(r) then return end
  for _, t in ipairs(open_trials(c)) do
    if (t.slot == 'trial' or t.shrinks) and is_of(c, t, row, r) then
      if t.slot == 'trial' then redis.call('SREM', c.key .. ':chosen', row) end
      add(t.moved, STATE.pending, -1)
      t.size = redis.call('HINCRBY', t.key, 'size', -1)
    end
  end
end

local function set_trials(c, slots)
  c.trials, c.on_trial = table.concat(slots, ' '), nil
  redis.call('HSET', c.key, 'trials', c.trials)
end

-- Where a batch goes that has only rows outside of the trial.
local function set_aside_key(c)
  return c.key .. TRIALS[inner_trial(c).slot].aside
end

-- Ends the inner trial: what was set aside for it comes back, and ramps up from its own first
-- message. A batch in `ready` may hold other rows that are due by now: its score is that of the
-- trial's rows, or of a further try in a day.
local function end_trial(c)
  local all, t = open_trials(c), inner_trial(c)
  local aside, ready = set_aside_key(c), c.key .. ':ready'
  for _, batch in ipairs(redis.call('ZRANGE', ready, 0, -1)) do
    redis.call('ZADD', aside, 'LT', NOW, batch)
  end
  if redis.call('EXISTS', aside) == 1 then redis.call('RENAME', aside, ready) end
  redis.call('DEL', t.key)
  redis.call('HDEL', c.key, 'rampAt')
  if t.slot == 'trial' then redis.call('DEL', c.key .. ':chosen') end
  redis.call('ZREM', P .. 'trials', c.id)
  set_trials(c, #all > 1 and { all[1].slot } or {})
end

local function trial_rows(packed)
  local rows = {}
  for at = 1, #packed, TRIAL_ROW.bytes do
    rows[#rows + 1] = struct.unpack(TRIAL_ROW.format, packed, at)
  end
  return rows
end

-- `rules`: share needed|wait ms|go or ask. `rows`: all pending, in order; their batches have work
-- from `at` on.
local function start_trial(c, kind, rules, rows, at)
  local share, wait, after = string.match(rules, '^(.-)|(%d+)|(%a+)$')
  local aside, ready = c.key .. TRIALS.trial.aside, c.key .. ':ready'
  if redis.call('EXISTS', ready) == 1 then redis.call('RENAME', ready, aside) end
  for _, row in ipairs(rows) do
    local batch = math.floor((row - 1) / BATCH_ROWS)
    redis.call('SADD', c.key .. ':chosen', row)
    redis.call('ZREM', aside, batch)
    if redis.call('HEXISTS', c.key .. ':open', batch) == 0 then
      redis.call('ZADD', ready, at, batch)
    end
  end
  redis.call('HSET', c.key .. ':trial', 'kind', kind, 'size', #rows, 'share', share, 'waitMs', wait,
    'after', after, STATE.pending, #rows)
  set_trials(c, c.trials == '' and { 'trial' } or { 'first', 'trial' })
end

-- The first `size` pending rows end with row `up_to`; import-chunk has set the others aside.
local function start_first(c, size, up_to)
  redis.call('HSET', c.key .. ':first', 'kind', PAUSE.first, 'size', size, 'after', AFTER.ask,
    'upTo', up_to, 'shrinks', 1, STATE.pending, size)
  set_trials(c, { 'first' })
end

local function in_state(t, state) return t.rows[state] or 0 end

-- Its rows that can be delivered, how many must be, and how many are.
local function figures(t)
  local size = num(t.size) - in_state(t, STATE.suppressed) - in_state(t, STATE.expired)
  local needed = math.max(1, math.ceil(size * num(t.share) - NEEDED_ROUNDING))
  return size, needed, in_state(t, STATE.delivered) + in_state(t, STATE.read)
end

-- passed | failed | late | none; nil while it is not known yet.
local function judge(t)
  local pending = in_state(t, STATE.pending)
  if t.slot == 'first' then
    return pending + in_state(t, STATE.sending) == 0 and TRIAL_VERDICT.passed or nil
  end
  local size, needed, delivered = figures(t)
  if size <= 0 then return TRIAL_VERDICT.none end
  if delivered >= needed then return TRIAL_VERDICT.passed end
  if size - in_state(t, STATE.failed) < needed then return TRIAL_VERDICT.failed end
  if pending == 0 and num(t.claimedAt) + num(t.waitMs) <= NOW then return TRIAL_VERDICT.late end
end

-- As core/pause-reason.ts reads it.
local function trial_reason(t, verdict)
  if t.slot == 'first' then return PAUSE.first .. ':' .. t.size end
  local size, needed, delivered = figures(t)
  return table.concat({ t.kind, verdict, delivered, size, needed, in_state(t, STATE.failed) }, ':')
end

-- Lets dispatch look again when the wait is over. `until` is for people.
local function watch_wait(c, t)
  if t.slot == 'first' or in_state(t, STATE.pending) > 0 then return end
  local ends = num(t.claimedAt) + num(t.waitMs)
  redis.call('ZADD', P .. 'trials', ends, c.id)
  redis.call('HSET', t.key, 'until', ends - CLOCK_OFFSET)
end

local function write_trial_moves(t)
  for state, n in pairs(t.moved) do
    if n ~= 0 then t.rows[state] = redis.call('HINCRBY', t.key, state, n) end
  end
  if t.claimed then
    t.claimedAt = NOW
    redis.call('HSET', t.key, 'claimedAt', NOW)
  end
  t.moved, t.claimed = {}, false
end

-- Judges the trials of a campaign whose moves are written. Only a running campaign is paused, and
-- only if something is left that could go.
local function settle_trials(c)
  if c.trials == '' or c.closed ~= '' then return end
  for _, t in ipairs(open_trials(c)) do write_trial_moves(t) end
  local t = inner_trial(c)
  while t and (c.status == STATUS.running or c.status == STATUS.finished) do
    local verdict = judge(t)
    if c.status == STATUS.finished then
      end_trial(c)
    elseif verdict == TRIAL_VERDICT.passed and t.after == AFTER.go then
      note_news(c, NEWS.passed, trial_reason(t, verdict))
      end_trial(c)
    elseif verdict and num(redis.call('HGET', c.key .. ':counts', STATE.pending)) > 0 then
      pause_campaign(c, trial_reason(t, verdict))
    else
      if not verdict then watch_wait(c, t) end
      return
    end
    t = inner_trial(c)
  end
end

-- Whether the campaign was paused for this trial.
local function is_told(t, reason) return string.match(reason, '^%a+') == t.kind end

-- A person who resumes the campaign knows the figures of the trial that paused it, and has decided.
-- A new probe replaces a canary or probe that is on.
local function answer_trial(c, reason, is_probe)
  local t = inner_trial(c)
  if t and (is_told(t, reason) or (is_probe and t.slot == 'trial')) then end_trial(c) end
end
