--- @include "base"
-- The campaigns of a number share its send times by weight (urgent 8, normal 4, bulk 1), counted in
-- messages over all workers: start-time fair queueing. A campaign's `pass` rises by 1 / weight with
-- each message. While others ask for send times and are behind it, a campaign gets none, though it
-- may be ahead by as much as the number sends in a tenth of a second: workers do not come in order.
-- Workers take turns among their own campaigns (turns.ts), but the batches of one campaign may all
-- be with one worker; then each worker would get the same share, whatever it has to send.
--
-- `shares` has `now`, the pass of the last message granted, and of each campaign pass and weight. A
-- campaign asks from a claim that found no send time on, until a little after it should have come
-- again. One that did not ask saves up nothing: it continues from `now`.
local AHEAD_S, ASKING_MS, ASKING_MAX_MS, SHARE_KEPT_MS, DROPPED_AT_ONCE = 0.1, 250, 1250, 60000, 20
-- It comes again within two gaps between messages of the number, in ms times its rate.
local TWO_GAPS = 2000

local function share_of(stored)
  local pass, weight = string.match(stored or '', '^(%S+) (%S+)$')
  return num(pass), num(weight, 1)
end

-- The lowest pass of the other campaigns that ask, and the weight of all of them; nil if none does.
local function others_asking(id, since)
  local asking = redis.call('ZRANGEBYSCORE', P .. 'asking', since, '+inf')
  if #asking == 0 or (#asking == 1 and asking[1] == id) then return nil end
  local lowest, weights = nil, 0
  for i, stored in ipairs(redis.call('HMGET', P .. 'shares', unpack(asking))) do
    if stored and asking[i] ~= id then
      local pass, weight = share_of(stored)
      lowest, weights = math.min(lowest or pass, pass), weights + weight
    end
  end
  return lowest, weights
end

-- nil while the campaign is the only one that runs. Above the pass `most` it has to wait.
local function open_share(c, rate)
  if redis.call('ZCARD', P .. 'running') < 2 then return nil end
  local since = NOW - math.min(ASKING_MAX_MS, ASKING_MS + TWO_GAPS / rate)
  local f = redis.call('HMGET', P .. 'shares', 'now', c.id)
  local asked, pass = redis.call('ZSCORE', P .. 'asking', c.id), share_of(f[2])
  if num(asked) < since then pass = math.max(pass, num(f[1])) end
  local lowest, weights = others_asking(c.id, since)
  local per_second = rate / ((weights or 0) + c.weight)
  return {
    id = c.id, weight = c.weight, pass = pass, now = num(f[1]), per_second = per_second,
    most = lowest and lowest + AHEAD_S * per_second or math.huge,
  }
end

-- How long a campaign that is ahead waits for the others, us; nil if it need not.
local function share_wait(share)
  if not share or share.pass <= share.most then return nil end
  share.asks = true
  local ahead_ms = SECOND_MS * (share.pass - share.most) / share.per_second
  return MS_US * math.max(1, math.min(ASKING_MS, ahead_ms))
end

local function take_share(share)
  if not share then return end
  share.now = math.max(share.now, share.pass)
  share.pass = share.pass + 1 / share.weight
end

-- `waits`: what a row of this claim has to wait for.
local function close_share(share, waits)
  if not share then return end
  redis.call('HSET', P .. 'shares', 'now', string.format('%.4f', share.now), share.id,
    string.format('%.4f %d', share.pass, share.weight))
  if waits == CLAIM_WAITS.number or share.asks then
    redis.call('ZADD', P .. 'asking', NOW, share.id)
  elseif waits == CLAIM_WAITS.campaign then
    -- Its own rate limits it: the others need not wait for it.
    redis.call('ZREM', P .. 'asking', share.id)
  end
  local gone = redis.call('ZRANGEBYSCORE', P .. 'asking', '-inf', NOW - SHARE_KEPT_MS, 'LIMIT', 0,
    DROPPED_AT_ONCE)
  if #gone > 0 then
    redis.call('ZREM', P .. 'asking', unpack(gone))
    redis.call('HDEL', P .. 'shares', unpack(gone))
  end
end
