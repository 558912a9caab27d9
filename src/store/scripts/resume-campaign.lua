-- Resumes a paused campaign. Lifts a suspension of its number, and then sends one message first.
--- @include "guard"
--- @include "pace"
-- Atomic because: the suspension ends and the probe is set before any message can be claimed.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · sender: number id and API as configured where it is resumed, '' when not known
-- Returns: {done | unchanged: not paused | no_campaign, status now, 1 if a suspension was lifted}
-- Keys built: news, clock, by-end, with-rows, guard, halt, pace, running, scheduled, endings,
--   campaign:<id> and its :counts
local c = open_campaign(ARG.campaign)
if not c then return { ANSWER.no_campaign, '', 0 } end
if c.status ~= 'paused' or c.closed ~= '' then return { ANSWER.unchanged, c.status, 0 } end
count_act()
redis.call('HDEL', c.key, 'doubts', 'streak', 'doubles', 'pausedAt')
local f = redis.call('HMGET', c.key, 'startAt', 'startedAt', 'reason')
-- The person has seen the reason. If the sender is not known here, the next worker sets its own.
if f[3] == 'other_sender' then
  if ARG.sender == '' then
    redis.call('HDEL', c.key, 'sender')
  else
    redis.call('HSET', c.key, 'sender', ARG.sender)
  end
end
local restricted = redis.call('HGET', P .. 'halt', 'code') == text(CODE.spam_limit)
local lifted = redis.call('DEL', P .. 'halt')
if lifted == 1 then
  if restricted then slow_down_after(CODE.spam_limit) end
  redis.call('HSET', P .. 'pace', 'probing', 'open')
  note_news(c, 'released')
end
if num(f[1]) > WALL and not f[2] then
  redis.call('ZADD', P .. 'scheduled', num(f[1]), c.id)
  redis.call('HSET', c.key, 'status', 'scheduled', 'reason', '')
  return { ANSWER.done, 'scheduled', lifted }
end
start_running(c)
if not f[2] then redis.call('HSET', c.key, 'startedAt', WALL) end
settle_status(c)
return { ANSWER.done, c.status, lifted }
