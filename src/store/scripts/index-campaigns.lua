-- Adds campaigns to the indexes by their current status.
--- @include "base"
-- Atomic because: the status is read and the index written in one step, so a campaign that ends
-- meanwhile is not indexed as live. Needed for data of a version without these indexes; it changes
-- nothing in newer data.
-- KEYS: 1 slot key of the number
-- ARGV: first_rank: of the first campaign, in the order of their creation · campaigns: how many
-- Returns: how many there were
-- Keys built: campaigns, by-end, with-rows, campaign:<id>
local from = num(ARG.first_rank)
local ids = redis.call('ZRANGE', P .. 'campaigns', from, from + num(ARG.campaigns) - 1)
for _, id in ipairs(ids) do
  local f = redis.call('HMGET', P .. 'campaign:' .. id, 'status', 'createdAt', 'finishedAt', 'rows',
    'purged')
  if f[1] and not ENDED[f[1]] then
    index_live(id)
  elseif f[1] then
    local at = num(f[3] or f[2])
    redis.call('ZADD', P .. 'by-end', at, id)
    if num(f[5]) < math.ceil(num(f[4]) / BATCH_ROWS) then
      redis.call('ZADD', P .. 'with-rows', at, id)
    end
  end
end
return #ids
