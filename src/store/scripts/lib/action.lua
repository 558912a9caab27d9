--- @include "base"
-- Bulk actions (core/action.ts).

-- Ends an action: messages that it has not reached stay as they are.
local function end_action(id, state, why)
  local key = P .. 'action:' .. id
  redis.call('HSET', key, 'state', state, 'why', why, 'endedAt', WALL)
  redis.call('HDEL', key, 'runner', 'until')
  redis.call('UNLINK', P .. 'action-rows:' .. id)
  redis.call('ZREM', P .. 'actions-live', id)
  redis.call('PEXPIRE', key, ACTION_KEPT_MS)
end
