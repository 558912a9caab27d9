--- @include "base"
--- @include "share"
-- The pace of a number: GCRA (generic cell rate algorithm) in microseconds of NOW. `tat`, the
-- theoretical arrival time, is the next free send time. A campaign's own rate is checked at the
-- number's send time, so a slow campaign does not use up send times of the number; its tolerance
-- makes up for the time between two claims.
local CAMPAIGN_TOLERANCE_US = 100000

local function text(us) return string.format('%.0f', us) end

-- After "too fast" the rate is multiplied by `slow`, which recovers by small steps.
local function slowed(slow, slow_at)
  local recovered = math.max(0, NOW - num(slow_at)) / RECOVERY_MS
  return math.max(SLOW_SHARE_MIN, math.min(1, num(slow, 1) + recovered))
end

-- One step down. `why` is noted until the number has recovered (rates.lua): the log is told once.
local SLOWER, SLOWER_EVERY_MS = 0.75, 1000
local function note_backed_off(why)
  if redis.call('HGET', P .. 'pace', 'backedOff') == why then return end
  redis.call('HSET', P .. 'pace', 'backedOff', why)
  note_news(THE_NUMBER, NEWS.backed_off, why)
end

local function slow_down()
  local f = redis.call('HMGET', P .. 'pace', 'slow', 'slowAt')
  local share = math.max(SLOW_SHARE_MIN, slowed(f[1], f[2]) * SLOWER)
  redis.call('HSET', P .. 'pace', 'slow', tostring(share), 'slowAt', NOW)
end

-- WhatsApp may report only later, by a webhook, that messages came too fast. Reports of the same
-- second are of the same cause.
local function slow_down_after(code)
  if code ~= CODE.throughput and code ~= CODE.account_limit and code ~= CODE.spam_limit then
    return
  end
  local f = redis.call('HMGET', P .. 'pace', 'slowAt', 'backedOff')
  if f[2] and num(f[1]) + SLOWER_EVERY_MS > NOW then return end
  slow_down()
  note_backed_off(BACKOFF.too_fast)
end

-- A next free send time further ahead than any claim can put it is left over from another rate and
-- is ignored. So is a backoff longer than the maximum: an earlier version with one clock stored it.
local function held_until(stored)
  local until_ms = num(stored)
  return until_ms <= NOW + BACKOFF_MAX_MS and until_ms or 0
end

local function free_slot(tat, interval, reach)
  local free = num(tat)
  return free <= NOW_US + math.max(REACH_MAX_US, reach) + interval and free or NOW_US
end

-- How many attempts may be on the wire, over all workers. Rate x answer time uses the rate fully;
-- half as much again allows for slow answers. The bound exists because all of these messages become
-- unknown if the API hangs. A worker that has had no answer yet passes 0.
local UNMEASURED_S, MEASURED_S, SLOW_ANSWERS = 10, 3, 1.5
local ON_WIRE_MIN, ON_WIRE_MAX = 10, 10000
local function on_wire_max(rate, answer_ms)
  local measured_s = math.max(MEASURED_S, SLOW_ANSWERS * answer_ms / SECOND_MS)
  local seconds = answer_ms == 0 and UNMEASURED_S or measured_s
  return math.min(ON_WIRE_MAX, math.max(ON_WIRE_MIN, math.ceil(rate * seconds)))
end

-- What this worker is configured with, or the lowest that one of the others is (rates.lua).
local function configured_rate(own, lowest)
  return math.min(own, num(lowest, own))
end

-- A campaign that ramps up (core/ramp.ts) from `since` on, its first claim or the first after a
-- trial. `limit` is its rate without that.
local function ramp_rate(ramp, since, limit)
  local from, to, over = string.match(ramp, '^(%S+) (%S+) (%S+)$')
  from, to = num(from), to == '-' and limit or num(to)
  return math.min(limit, from + (to - from) * math.min(1, (NOW - since) / num(over)))
end

local function own_rate_of(f, limit)
  local rate = f.rate and num(f.rate)
  return f.ramp and ramp_rate(f.ramp, num(f.ramp_at, NOW), rate or limit) or rate
end

-- The last send time at the campaign's own rate, unless it is left over as above.
local function last_slot(stored, reach)
  local last = num(stored)
  return last <= NOW_US + math.max(REACH_MAX_US, reach) and last or 0
end

local function open_pace(c, configured, reach)
  local f = redis.call('HMGET', P .. 'pace', 'rate', 'tat', 'hold', 'slow', 'slowAt', 'lowest',
    'portfolio')
  local own = redis.call('HMGET', c.key, 'ratePerSecond', 'lastSlot', 'ramp', 'rampAt')
  local rate = num(f[1], configured_rate(configured, f[6]))
  local interval = SECOND_US / (rate * slowed(f[4], f[5]))
  local tat = free_slot(f[2], interval, reach)
  local own_rate = own_rate_of({ rate = own[1], ramp = own[3], ramp_at = own[4] }, rate)
  return {
    key = c.key, portfolio = f[7] or '', rate = rate, hold = held_until(f[3]), interval = interval,
    slot = math.max(tat, NOW_US), last = NOW_US + reach, at_rate = tat > NOW_US,
    own_interval = own_rate and SECOND_US / own_rate, own_last = last_slot(own[2], reach),
    is_first = own[3] and not own[4], share = open_share(c, rate), used = 0, wait = 0, waits = '',
  }
end

-- The next send time within reach; nil if there is none yet, and `wait` is then how long to wait.
local function next_slot(pace)
  local slot, yields = pace.slot, share_wait(pace.share)
  if yields then
    pace.wait, pace.waits = yields, CLAIM_WAITS.campaign
    return nil
  end
  if slot > pace.last then
    pace.wait, pace.waits = slot - pace.last, CLAIM_WAITS.number
    return nil
  end
  if pace.own_interval then
    -- Counted from the last one, so that a rate that has grown meanwhile holds for this gap.
    local free = pace.own_last + pace.own_interval
    if free > slot then
      pace.wait, pace.waits = free - slot, CLAIM_WAITS.campaign
      return nil
    end
    pace.own_last = math.max(free, slot - CAMPAIGN_TOLERANCE_US)
  end
  take_share(pace.share)
  pace.slot, pace.used = slot + pace.interval, pace.used + 1
  return slot
end

-- How fast a campaign is sent, for its page (history.ts): how many messages had their send
-- time in each step since its first claim, and the rate that was allowed when the step began, in
-- messages per 1000 s. If there are too many steps, two become one.
local FIRST_STEP_MS, STEPS_MAX = 1000, 200
local KILO_S = 1000
local function double_steps(key, from, step)
  local sent, allowed, stored = {}, {}, redis.call('HGETALL', key)
  for at = 1, #stored, 2 do
    local kind, place = string.match(stored[at], '^(a?)(%d+)$')
    if place then
      local half, value = math.floor(num(place) / 2), num(stored[at + 1])
      if kind == '' then add(sent, half, value)
      else allowed[half] = math.max(allowed[half] or 0, value) end
    end
  end
  local puts = { 'from', from, 'step', 2 * step }
  for place, value in pairs(sent) do
    for _, put in ipairs({ place, value, 'a' .. place, allowed[place] or 0 }) do
      puts[#puts + 1] = put
    end
  end
  redis.call('DEL', key)
  redis.call('HSET', key, unpack(puts))
end

-- The steps are those of the send times, which may be ahead of the claim: by the times of the
-- claims, a step could have more messages than the rate allows.
local function note_sends(pace)
  local key = pace.key .. ':sends'
  local f = redis.call('HMGET', key, 'from', 'step')
  local from, step = num(f[1], WALL), num(f[2], FIRST_STEP_MS)
  if not f[1] then redis.call('HSET', key, 'from', from, 'step', step) end
  local sent = {}
  for back = pace.used, 1, -1 do
    local ahead_ms = (pace.slot - back * pace.interval - NOW_US) / MS_US
    add(sent, string.format('%d', math.max(0, math.floor((WALL + ahead_ms - from) / step))), 1)
  end
  local interval = math.max(pace.interval, pace.own_interval or 0)
  for place, count in pairs(sent) do
    if redis.call('HINCRBY', key, place, count) == count then
      redis.call('HSET', key, 'a' .. place, text(KILO_S * SECOND_US / interval))
    end
  end
  if redis.call('HLEN', key) > 2 + 2 * STEPS_MAX then double_steps(key, from, step) end
end

local function close_pace(pace)
  close_share(pace.share, pace.waits)
  if pace.used == 0 then return end
  note_sends(pace)
  redis.call('HSET', P .. 'pace', 'tat', text(pace.slot))
  if pace.own_interval then redis.call('HSET', pace.key, 'lastSlot', text(pace.own_last)) end
  if pace.is_first then redis.call('HSET', pace.key, 'rampAt', NOW) end
end
