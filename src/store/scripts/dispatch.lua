-- Starts and ends campaigns that are due, and opens due batches, campaigns taking turns.
--- @include "closing"
--- @include "guard"
--- @include "rates"
-- Atomic because: a batch leaves `ready` and enters `open` in one step, with its own run number.
-- The job is added after this script; if that is lost, the sweep adds it again.
-- KEYS: 1 slot key of the number
-- ARGV: mode · sender: number id and API of this worker, '' when not known · open_max: how many
--   batches may be open over all campaigns · open_campaigns_max: how many when each is the only
--   one of its campaign · reading: this worker's of the claim counter, '' none · process: a name
--   for this worker · settle_ms: how long workers have to report after a start of Redis ·
--   rate_per_second: as configured, '' to report none · portfolio: what this worker counts
--   (budget/claim-count.ts), '' nothing
-- Returns: {this worker's new reading, 1 if a campaign with work found no room, else 0, ids of
--   campaigns paused for their sender, separated by spaces, then campaign, batch, run for each
--   batch opened}; the reading alone if nothing may be opened, '' while Redis may have gone back in
--   time
-- Keys built: asking, shares, notices, notify, trials, news, by-end, with-rows, clock, serial,
--   guard, told, scheduled, endings, halt, running, pace, rates, campaign:<id> and its :counts
--   :timeline :errors :pricing :ready :open :aside :beyond :chosen :first :trial :events :seen
local mode, most_open, most_campaigns = ARG.mode, num(ARG.open_max), num(ARG.open_campaigns_max)
local guard = check_guard(ARG.reading, ARG.process, num(ARG.settle_ms), 'worker')
if guard.stopped then return { '' } end

local ENDED_AT_ONCE = 20
local function come(index, now)
  return redis.call('ZRANGEBYSCORE', P .. index, '-inf', now or WALL, 'LIMIT', 0, ENDED_AT_ONCE)
end
for _, id in ipairs(come('scheduled')) do
  redis.call('ZREM', P .. 'scheduled', id)
  local c = open_campaign(id)
  if c and c.status == STATUS.scheduled then
    start_running(c)
    redis.call('HSET', c.key, 'startedAt', WALL)
    settle_status(c)
  end
end
for _, id in ipairs(come('trials', NOW)) do
  redis.call('ZREM', P .. 'trials', id)
  local c = open_campaign(id)
  if c then settle_trials(c) end
end
for _, id in ipairs(come('endings')) do
  redis.call('ZREM', P .. 'endings', id)
  local c = open_campaign(id)
  if c then close_campaign(c, CLOSED.expired) end
end
-- Comes after the writes that end campaigns: a full Redis refuses this one and the rest.
keep_clock()
if not guard.is_stored then store_count(ARG.process, guard.count) end
local new_reading = reading(guard.count, guard.acts)
if ARG.rate_per_second ~= '' then report_rate(ARG.process, ARG.rate_per_second, ARG.portfolio) end
note_recovery()
if redis.call('EXISTS', P .. 'halt') == 1 then return { new_reading } end
if held_until(redis.call('HGET', P .. 'pace', 'hold')) > NOW + SECOND_MS then
  return { new_reading }
end

-- A campaign is sent from the number and through the API it was imported for. If its importer knew
-- neither, it belongs to the first worker that sends it.
local sender, foreign = ARG.sender, {}
local function is_foreign(id, key, belongs_to)
  if sender == '' or belongs_to == sender then return false end
  if not belongs_to then
    redis.call('HSET', key, 'sender', sender)
    return false
  end
  pause_campaign(open_campaign(id), PAUSE.other_sender)
  foreign[#foreign + 1] = id
  return true
end

local turns, open_total = {}, 0
local running = redis.call('ZRANGE', P .. 'running', 0, -1, 'WITHSCORES')
for at = 1, #running, 2 do
  local key = P .. 'campaign:' .. running[at]
  local open = redis.call('HLEN', key .. ':open')
  open_total = open_total + open
  turns[#turns + 1] = { id = running[at], key = key, pass = num(running[at + 1]), open = open }
end

-- Whether this worker sends the campaign. For campaigns without an open batch this is read only on
-- their turn: thousands may run, and most of them find no room.
local function is_ours(turn)
  if not turn.weight then
    local f = redis.call('HMGET', turn.key, 'mode', 'weight', 'sender', 'nextTryAt')
    turn.weight = num(f[2], WEIGHT.normal)
    turn.left = f[1] ~= mode or is_foreign(turn.id, turn.key, f[3])
    turn.waits = num(f[4]) > NOW
  end
  return not turn.left
end

for _, turn in ipairs(turns) do
  if turn.open > 0 then is_ours(turn) end
end

-- While the budget of people is full, one batch in a while looks whether that is still so, or has
-- people who cost nothing.
local function has_work(turn)
  if not turn.batch and not turn.waits then
    local ready = turn.key .. ':ready'
    turn.batch = redis.call('ZRANGEBYSCORE', ready, '-inf', NOW, 'LIMIT', 0, 1)[1]
  end
  turn.idle = not turn.batch
  return not turn.idle
end

local function before(turn, other)
  if turn.pass ~= other.pass then return turn.pass < other.pass end
  return is_ours(turn) and turn.weight > other.weight
end

-- The campaign whose turn it is: the lowest pass. Each campaign with work keeps one batch open
-- while workers can run that many, so a small urgent one never waits for a big one. Beyond that
-- campaigns wait for room, and the workers make room (sender.ts).
local function next_turn()
  local best
  for _, turn in ipairs(turns) do
    local room = open_total < most_open or (turn.open == 0 and open_total < most_campaigns)
    if room and not turn.idle and not turn.left and (not best or before(turn, best))
      and is_ours(turn) and has_work(turn) then best = turn end
  end
  return best
end

local opened = { new_reading, 0, '' }
while true do
  local turn = next_turn()
  if not turn then break end
  local run = redis.call('HINCRBY', turn.key, 'runs', 1)
  redis.call('ZREM', turn.key .. ':ready', turn.batch)
  redis.call('HSET', turn.key .. ':open', turn.batch, run)
  redis.call('HSET', turn.key, 'servedAt', NOW)
  turn.pass = num(redis.call('ZINCRBY', P .. 'running', 1 / turn.weight, turn.id))
  for _, value in ipairs({ turn.id, num(turn.batch), run }) do
    opened[#opened + 1] = value
  end
  turn.batch, turn.open, open_total = nil, turn.open + 1, open_total + 1
end

for _, turn in ipairs(turns) do
  if turn.open == 0 and not turn.idle and is_ours(turn) and has_work(turn) then
    opened[2] = 1
    break
  end
end

-- A campaign without work does not save up turns: it continues from the lowest pass of the others.
local floor
for _, turn in ipairs(turns) do
  if not turn.idle and not turn.left and (not floor or turn.pass < floor) then floor = turn.pass end
end
for _, turn in ipairs(turns) do
  if turn.idle and floor and turn.pass < floor then
    redis.call('ZADD', P .. 'running', floor, turn.id)
  end
end
opened[3] = table.concat(foreign, ' ')
return opened
