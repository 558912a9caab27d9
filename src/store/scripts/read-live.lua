-- Reads what lists, banners and checks say of campaigns that have not ended.
--- @include "base"
-- Atomic because: it changes nothing; a campaign may move meanwhile.
-- KEYS: 1 slot key of the number
-- ARGV: none; then for each: campaign
-- Returns: for each that exists: {id, name, status, reason, mode, test, closed, purgedAt,
--   createdAt, pausedAt, budgetAt, again; in how many ms its next batch has work, -1 if no batch
--   waits, '' if it may be sent at any hour; then each state and its rows}. '' for a field that is
--   not there
-- Keys built: clock, campaign:<id> and its :counts :ready :open
local function next_work(key)
  if redis.call('HLEN', key .. ':open') > 0 then return 0 end
  local first = redis.call('ZRANGE', key .. ':ready', 0, 0, 'WITHSCORES')[2]
  return first and math.max(0, num(first) - NOW) or -1
end

local answer = {}
for at = REST, #ARGV, STEP do
  local key = P .. 'campaign:' .. EACH.campaign
  local f = redis.call('HMGET', key, 'name', 'status', 'reason', 'mode', 'test', 'closed',
    'purgedAt', 'createdAt', 'pausedAt', 'budgetAt', 'again', 'window')
  if f[2] then
    local one = { EACH.campaign }
    for place = 1, #f - 1 do one[place + 1] = f[place] or '' end
    local has_hours = (f[#f] or '') ~= '' and f[2] == STATUS.running
    one[#one + 1] = has_hours and next_work(key) or ''
    for _, value in ipairs(redis.call('HGETALL', key .. ':counts')) do one[#one + 1] = value end
    answer[#answer + 1] = one
  end
end
return answer
