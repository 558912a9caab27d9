--- @include "ledger"
-- Messages that failed with a code after which their campaign sends again by itself
-- (`delivery.retry`, core/send-again.ts). The row goes back to pending in the script that records
-- its failure, due when the wait of its code is over, and keeps the code until it leaves pending.
-- So there is no moment at which it is only failed, and a late `delivered` of the failed attempt
-- ends the wait like that of any retry (lib/status.lua).

-- The wait before further try `nth` after `code`, ms; nil if there is none.
local function wait_before(c, code, nth)
  local waits, at = string.match(' ' .. c.again, ' ' .. code .. ':([%d,]+)'), 0
  for wait in string.gmatch(waits or '', '%d+') do
    at = at + 1
    if at == nth then return num(wait) end
  end
end

-- WhatsApp delivers no marketing to +1: a further try would fail, too. Without the phone it is not
-- known, and the message stays failed.
local function is_in_vain(c, code, plus_one)
  return code == CODE.not_delivered and c.category == CATEGORY.marketing and plus_one ~= 0
end

-- Whether the failure is certainly that of our one message: an earlier attempt without an outcome
-- may have been delivered.
local function is_certain(r)
  return not has(r, FLAG.matched) and not has(r, FLAG.double_wamid)
    and not has(r, FLAG.maybe_duplicate)
end

-- Call it when a row has just failed. `failure`: at (ms), plus_one: 0 if the phone is known not to
-- begin with +1.
local function send_again(c, row, r, failure)
  if c.again == '' or c.closed ~= '' or r.state ~= STATE.failed or r.attempt >= ATTEMPT_MAX then
    return
  end
  -- It may have been sent again in the time that Redis lost, until a person accepts the rollback.
  if redis.call('HEXISTS', P .. 'guard', 'noticedAt') == 1 then return end
  local code, side = r.code, c.key .. ':side'
  if not is_certain(r) or is_in_vain(c, code, failure.plus_one) then return end
  local nth = num(redis.call('HGET', side, row .. ':again')) + 1
  local wait = wait_before(c, code, nth)
  if not wait then return end
  -- WhatsApp tells the second in which it failed: the wait begins at the end of it.
  wait = math.max(0, math.min(failure.at + SECOND_MS, WALL) + wait - WALL)
  local ends = num(redis.call('HGET', c.key, 'endBy'))
  if ends > 0 and ends <= WALL + wait then return end
  -- For a trial it stays failed: none waits a day for its outcome (lib/trial.lua).
  r.stays_failed = true
  fire(c, row, r, EVENT.retry)
  note_history(c, row, HISTORY.sent_again, { attempt = r.attempt })
  r.tries, r.code, r.stays_failed = 0, code, nil
  set(r, FLAG.retried)
  r.times[TIME.due] = stamp(c, NOW + wait)
  redis.call('HSET', side, row .. ':again', nth)
  redis.call('ZADD', again_key(c, code, nth), NOW + wait, row)
  redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, row, r.attempt))
  make_ready(c, batch_of(row), NOW + wait)
end
