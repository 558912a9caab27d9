-- Resumes a paused campaign. Lifts a suspension of its number, and then sends one message first.
-- The campaign that the suspension names, perhaps a test message, lifts it whatever its status.
-- With probe rows, these go before the rest (lib/trial.lua). A campaign that waits for the approval
-- of a second person starts by that alone. An approval says nothing about the number, so it lifts
-- no suspension: the campaign then waits for one as any other does (start_running).
--- @include "guard"
--- @include "ledger"
--- @include "pace"
-- Atomic because: the suspension ends and the probes are set before any message can be claimed.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · sender: number id and API as configured where it is resumed, '' when not known ·
--   probe_rows: of a probe, in order, TRIAL_ROW each, '' none · probe_rules: as of `start_trial` ·
--   approver: who approves, '' to resume · expect: how many messages wait, as that person saw,
--   '' not asked
-- Returns: {done | unchanged: not paused, or nothing to approve | rewritten: none of the probe's
--   rows is pending, read again | unapproved: it waits for a second person | same_person: who
--   started it cannot approve it | other_count: not `expect` messages wait | no_campaign, status
--   now, 1 if a suspension was lifted, rows of the probe}
-- Keys built: asking, shares, notices, notify, trials, news, clock, by-end, with-rows, guard,
--   halt, pace, running, scheduled, endings, campaign:<id> and its :counts :aside :beyond :chosen
--   :first :ledger :open :ready :trial :events
local c = open_campaign(ARG.campaign)
if not c then return { ANSWER.no_campaign, '', 0, 0 } end
local function lift_suspension()
  local restricted = redis.call('HGET', P .. 'halt', 'code') == text(CODE.spam_limit)
  if redis.call('DEL', P .. 'halt') == 0 then return 0 end
  if restricted then slow_down_after(CODE.spam_limit) end
  redis.call('HSET', P .. 'pace', 'probing', 'open')
  note_news(c, NEWS.released)
  return 1
end
if c.status ~= STATUS.paused or c.closed ~= '' then
  -- Counters that differ are corrected first, by a recount that lifts it too.
  local by = redis.call('HMGET', P .. 'halt', 'campaign', 'reason')
  local is_named = by[1] == c.id and num(by[2]) ~= REASON.counters_differ
  if ARG.approver ~= '' or not is_named then
    return { ANSWER.unchanged, c.status, 0, 0 }
  end
  count_act()
  return { ANSWER.done, c.status, lift_suspension(), 0 }
end
local waits = redis.call('HMGET', c.key, 'awaits', 'startedBy')
if not waits[1] and ARG.approver ~= '' then return { ANSWER.unchanged, c.status, 0, 0 } end
if waits[1] and ARG.approver == '' then return { ANSWER.unapproved, c.status, 0, 0 } end
if waits[1] and ARG.approver == waits[2] then return { ANSWER.same_person, c.status, 0, 0 } end
if waits[1] and ARG.expect ~= '' then
  local pending = num(redis.call('HGET', c.key .. ':counts', STATE.pending))
  if pending ~= num(ARG.expect) then return { ANSWER.other_count, c.status, 0, 0 } end
end
local f = redis.call('HMGET', c.key, 'startAt', 'startedAt', 'reason')
-- The first N rows keep the others back until a person was told that they were sent.
local first, probe = open_trials(c)[1], {}
if first and (first.slot ~= 'first' or is_told(first, f[3])) then first = nil end
for _, row in ipairs(trial_rows(ARG.probe_rows)) do
  local r = decode(redis.call('HGET', ledger_key(c, batch_of(row)), row_field(row)))
  local is_in = not first or is_of(c, first, row, r)
  -- With a code it waits for a further try after a failure, in no trial (lib/again.lua).
  if r.state == STATE.pending and r.code == 0 and is_in then probe[#probe + 1] = row end
end
if ARG.probe_rows ~= '' and #probe == 0 then return { ANSWER.rewritten, c.status, 0, 0 } end
count_act()
redis.call('HDEL', c.key, 'pausedAt', 'awaits')
if waits[1] then redis.call('HSET', c.key, 'approvedBy', ARG.approver) end
answer_trial(c, f[3], #probe > 0)
if #probe > 0 then start_trial(c, PAUSE.probe, ARG.probe_rules, probe, math.max(NOW, num(f[1]))) end
-- The person has seen the reason. If the sender is not known here, the next worker sets its own.
if f[3] == PAUSE.other_sender then
  if ARG.sender == '' then
    redis.call('HDEL', c.key, 'sender')
  else
    redis.call('HSET', c.key, 'sender', ARG.sender)
  end
end
-- WhatsApp charges it as marketing, so the rest goes out as marketing: not to people who opted out.
local charged = string.match(f[3], '^' .. PAUSE.category .. ':(.+)')
if charged then redis.call('HSET', c.key, 'category', charged) end
local lifted = ARG.approver == '' and lift_suspension() or 0
if num(f[1]) > WALL and not f[2] then
  redis.call('ZADD', P .. 'scheduled', num(f[1]), c.id)
  redis.call('HSET', c.key, 'status', STATUS.scheduled, 'reason', '')
  note_event(c, NEWS.resumed)
  return { ANSWER.done, STATUS.scheduled, lifted, #probe }
end
start_running(c)
if not f[2] then redis.call('HSET', c.key, 'startedAt', WALL) end
settle_status(c)
settle_trials(c)
return { ANSWER.done, c.status, lifted, #probe }
