--- @include "base"
-- Bulk actions (core/action.ts).

-- The last of an action that has ended. It leaves actions-live at the very end: if a power cut kept
-- half of this, the next step does it again.
local function settle_action(id)
  local key = P .. 'action:' .. id
  redis.call('HDEL', key, 'runner', 'until')
  redis.call('UNLINK', P .. 'action-rows:' .. id)
  redis.call('PEXPIRE', key, ACTION_KEPT_MS)
  redis.call('ZREM', P .. 'actions-live', id)
end

-- Ends an action: messages that it has not reached stay as they are.
local function end_action(id, state, why)
  local key = P .. 'action:' .. id
  redis.call('HSET', key, 'state', state, 'why', why, 'endedAt', WALL)
  settle_action(id)
end
