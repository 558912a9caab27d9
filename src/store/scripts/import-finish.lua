-- Ends an import: the campaign starts, waits for its time or a second person, or is rejected.
--- @include "closing"
--- @include "guard"
--- @include "test-message"
-- Atomic because: until this step nothing may be sent, and after it everything may.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · token · rows · batches · rejected: '' or why · phone_style: how the list writes
--   phones (JSON, for an accepted list) · places: its people by time zone (JSON) · canary: its rows
--   in order, TRIAL_ROW of protocol.ts each · awaits: 1 or 0, whether it waits for a second
--   person; '' by its own rows · paused: 1 if it waits until a person resumes it, else ''
-- Returns: {1, status} · {0, status} lost: another importer took over, or it was cancelled. An
--   error if the stored rows are not those the importer counted: such a list must not be sent.
-- Keys built: asking, shares, notices, notify, trials, news, clock, by-end, with-rows, guard,
--   imports, running, scheduled, endings, halt, campaign:<id> and its :counts :ready :timeline
--   :errors :pricing :aside :beyond :chosen :first :open :trial :events :seen
local c = open_campaign(ARG.campaign)
if not c then return { 0, '' } end
local f = redis.call('HMGET', c.key, 'importer', 'startAt', 'finishToken', 'stored', 'first',
  'canary')
if f[3] == ARG.token then return { 1, c.status } end
if c.status ~= STATUS.importing or f[1] ~= ARG.token then return { 0, c.status } end
if ARG.rejected == '' and (num(ARG.rows) ~= c.rows or num(ARG.batches) ~= num(f[4])) then
  return redis.error_reply('ERR stored ' .. c.rows .. ' rows of ' .. ARG.rows)
end
count_act()
redis.call('HDEL', c.key, 'importer', 'importLease')
redis.call('HSET', c.key, 'finishToken', ARG.token)
if ARG.rejected ~= '' then
  forget_import(c)
  close_campaign(c, CLOSED.cancelled)
  redis.call('UNLINK', c.key .. ':ready')
  redis.call('HSET', c.key, 'status', STATUS.rejected, 'reason', ARG.rejected)
  return { 1, STATUS.rejected }
end
redis.call('HSET', c.key, 'phoneStyle', ARG.phone_style, 'places', ARG.places)
local first, up_to = num(f[5]), redis.call('HGET', c.key .. ':first', 'upTo')
local pending = num(redis.call('HGET', c.key .. ':counts', STATE.pending))
if up_to and pending > first then start_first(c, first, up_to) end
local canary = trial_rows(ARG.canary)
if #canary > 0 then start_trial(c, PAUSE.canary, f[6], canary, num(f[2])) end
watch_end(c)
if c.is_test then open_test(c) end
local above = redis.call('HGET', c.key, 'approvalAbove')
local awaits = above and pending > num(above)
if ARG.awaits ~= '' then awaits = ARG.awaits == '1' end
awaits = awaits and not c.is_test
if awaits or ARG.paused == '1' then
  local reason = awaits and PAUSE.approval or PAUSE.operator
  if awaits then redis.call('HSET', c.key, 'awaits', 1) end
  redis.call('HSET', c.key, 'status', STATUS.paused, 'reason', reason, 'pausedAt', WALL)
  note_news(c, NEWS.paused, reason)
  return { 1, STATUS.paused }
end
if num(f[2]) > WALL then
  redis.call('ZADD', P .. 'scheduled', num(f[2]), c.id)
  redis.call('HSET', c.key, 'status', STATUS.scheduled)
  return { 1, STATUS.scheduled }
end
start_running(c)
redis.call('HSET', c.key, 'startedAt', WALL)
settle_status(c)
return { 1, c.status }
