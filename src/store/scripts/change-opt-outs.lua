-- Changes the deployment's list of opt-outs: people whom no number may message.
--- @include "base"
-- Atomic because: each change takes the next position, and numbers apply changes in that order. A
-- person has one entry: by phone, or, if erased or opted in again, by digest alone. The counts by
-- origin are those of the entries. Repeating a change has no effect.
-- KEYS: 1 slot key of the number
-- ARGV: change: add (never weakens a scope), heard (as add, unless a later decision is known),
--   remove, erase (keeps the opt-out, not the phone); then for each: phone: of a person · digest:
--   as # and hex · scope: marketing or all · at_ms: when, 0 for now · source
-- Returns: {position of the newest change, then for each person two: scope before, now ('' none)}
-- Keys built: opt-outs, opt-outs-order, opt-outs-head, opt-outs-by
local what = ARG.change
local head = num(redis.call('GET', P .. 'opt-outs-head'))
local answer = { head }

-- Entries of earlier versions have no origin, and are not counted.
local function origin_of(value) return string.match(value, '^%a*|%d+|(%a+)\31') end
local function count(value, n)
  if not value then return end
  local origin = string.sub(value, 1, 1) == '|' and 'removed' or origin_of(value)
  if origin then redis.call('HINCRBY', P .. 'opt-outs-by', origin, n) end
end

-- Never one that was given before, also if this list has gone back and numbers have not: they
-- would take what is new for what they have. Hence the time, in us.
local function next_position() return math.max(head + 1, WALL * MS_US) end

local function put(field, scope, at, source)
  head = next_position()
  local value = string.format('%s|%d|%s', scope, at, source)
  count(redis.call('HGET', P .. 'opt-outs', field), -1)
  count(value, 1)
  redis.call('HSET', P .. 'opt-outs', field, value)
  redis.call('ZADD', P .. 'opt-outs-order', head, field)
end

local function drop(field)
  count(redis.call('HGET', P .. 'opt-outs', field), -1)
  redis.call('HDEL', P .. 'opt-outs', field)
  redis.call('ZREM', P .. 'opt-outs-order', field)
end

local function entry(phone, digest)
  for _, field in ipairs({ phone, digest }) do
    local known = redis.call('HGET', P .. 'opt-outs', field)
    if known then
      local scope, at = string.match(known, '^(.-)|(%d+)|')
      return field, scope, num(at), origin_of(known)
    end
  end
  return nil, '', 0
end

for at = REST, #ARGV, STEP do
  local phone, digest, scope = EACH.phone, EACH.digest, EACH.scope
  local field, before, since, origin = entry(phone, digest)
  local when = num(EACH.at_ms) > 0 and num(EACH.at_ms) or WALL
  local now = before
  if what == 'remove' then
    if before ~= '' then
      drop(field)
      put(digest, '', WALL, '')
      now = ''
    end
  elseif what == 'erase' then
    if field == phone then
      drop(phone)
      put(digest, before, since, origin and origin .. '\31\31erased' or 'erased')
    end
  elseif before ~= SCOPE.all and before ~= scope and not (what == 'heard' and since >= when) then
    if field == digest then drop(digest) end
    put(phone, scope, when, EACH.source)
    now = scope
  end
  answer[#answer + 1] = before
  answer[#answer + 1] = now
end
-- Also if nothing changed: waiting for replicas proves only what this connection has written.
redis.call('SET', P .. 'opt-outs-head', head)
answer[1] = head
return answer
