-- Stops a bulk action at once: messages that it has not reached stay as they are.
--- @include "action"
--- @include "guard"
-- Atomic because: a step is taken before it or not at all.
-- KEYS: 1 slot key of the number
-- ARGV: action · why: ActionEnd of core/action.ts
-- Returns: 'stopped' · 'ended': it had ended before · 'gone'
-- Keys built: action, action-rows, actions-live, guard
local state = redis.call('HGET', P .. 'action:' .. ARG.action, 'state')
if not state then return ANSWER.gone end
if state ~= ACTION_STATE.running then return ANSWER.ended end
end_action(ARG.action, ACTION_STATE.stopped, ARG.why)
count_act()
return ANSWER.stopped
