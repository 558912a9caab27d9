-- Notes what a person did, or began to do, in the deployment's audit.
--- @include "base"
-- Atomic because: the line with the result replaces the line that was written when the act began,
-- so an act has one line, and one of which the result was never noted keeps its first.
-- KEYS: 1 slot key of the number
-- ARGV: begun: id of the line to replace, or '' · line: JSON · kept_ms: older lines are deleted ·
--   kept_max: lines
-- Returns: the id of the line
-- Keys built: audit
local key = P .. 'audit'
-- First, and not only to make room: a full Redis lets a script write after a command like this.
redis.call('XTRIM', key, 'MINID', '=', string.format('%d', WALL - num(ARG.kept_ms)))
if ARG.begun ~= '' then redis.call('XDEL', key, ARG.begun) end
return redis.call('XADD', key, 'MAXLEN', '=', ARG.kept_max, '*', 'act', ARG.line)
