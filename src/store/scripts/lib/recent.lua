--- @include "ledger"
-- The latest outcomes of a campaign, and when they pause it: too large a share of failures, or one
-- code too often in a row.
--
-- A failure by the API is known with its answer, one by webhook seconds or minutes later, and a
-- delivery later still. Counted as they arrive, the first webhooks of a healthy campaign would
-- nearly all be failures. So each message is counted once, when the API answers it: a refused one
-- as a failure, an accepted one as no failure, until its webhook says otherwise. That late failure
-- counts where its message stands: messages are in groups by the time of their answer, and a share
-- is always that of messages which were answered one after the other.
--
-- There is a group for each five messages (or for all of one tick, so that its time says in which
-- group a message is). The oldest are merged, the older the more: a late failure always finds its
-- group, and the list stays short. The list is: the time of the last answer; the code of the last
-- refusals, and how many they were in a row; then for each group, oldest first, the time of its
-- first answer (ticks), messages, failures, and their code (0: several). It begins again with each
-- start of the campaign (start_running), so messages from before have no effect, and only a running
-- campaign counts. It also begins again when Redis TIME has stepped back, because times from before
-- the step then say nothing about the order of messages.
-- Opens the list, with the messages that this script has accepted so far (`c.accepted`). The
-- functions are made here because most scripts that could count a failure have none to count.
local function open_recent(c)
  local recent = c.recent
  if recent then
    recent.add_accepted()
    return recent
  end
  -- The values before the groups, and those of each group; `at` is the place of a group's last one.
  local HEAD, GROUP, SINCE, COUNT, FAILED = 3, 4, 3, 2, 1
  -- `STEP_TICKS`: times of the same moment differ by less.
  local GROUP_MIN, GROUPS_MAX, REACH, STEP_TICKS = 5, 20, 10000, 200
  local kept, tick = redis.call('HGET', c.key, 'recent'), stamp(c, WALL)
  local list, changed = kept and cmsgpack.unpack(kept) or { 0, 0, 0 }, false
  if tick + STEP_TICKS < list[1] then list = { 0, 0, 0 } end
  recent = {}
  c.recent = recent
  kept_back[#kept_back + 1] = function()
    if changed then redis.call('HSET', c.key, 'recent', cmsgpack.pack(list)) end
    changed = false
  end

  -- The campaign's limits; an older version's campaign has the defaults. 0: off.
  local limits
  local function limits_of()
    if limits then return limits end
    local share, sample, same, category = string.match(redis.call('HGET', c.key, 'stopOn') or '',
      '^(%S+) (%d+) (%d+) (%d+)$')
    limits = {
      share = num(share, STOP_ON.failure_share), sample = num(sample, STOP_ON.sample),
      same = num(same, STOP_ON.same_code), category = num(category, STOP_ON.category),
    }
    return limits
  end

  -- Merges two neighbours, the pair that is smallest for its age. A group is named by the place of
  -- its last value, the code.
  local function merge_groups()
    local newer, pair, least = 0, nil, math.huge
    for at = #list, HEAD + 2 * GROUP, -GROUP do
      local size = list[at - COUNT] + list[at - GROUP - COUNT]
      if newer > REACH then pair = at break end
      if size / (newer + 1) < least then pair, least = at, size / (newer + 1) end
      newer = newer + list[at - COUNT]
    end
    local into = pair - GROUP
    if list[pair - FAILED] > 0 and list[pair] ~= list[into] then
      list[into] = list[into - FAILED] == 0 and list[pair] or 0
    end
    list[into - COUNT] = list[into - COUNT] + list[pair - COUNT]
    list[into - FAILED] = list[into - FAILED] + list[pair - FAILED]
    for _ = 1, GROUP do table.remove(list, into + 1) end
  end

  -- Messages that the API has answered now.
  local function add(messages)
    local last = #list
    if last == HEAD or (list[last - COUNT] >= GROUP_MIN and tick > list[1]) then
      last = last + GROUP
      list[last - SINCE], list[last - COUNT], list[last - FAILED], list[last] = tick, 0, 0, 0
      if last > HEAD + GROUP * GROUPS_MAX then merge_groups() end
      last = #list
    end
    list[1], changed = math.max(list[1], tick), true
    list[last - COUNT] = list[last - COUNT] + messages
  end

  -- The group of a message that was answered then; nil if that was before the last start.
  local function group_at(answered)
    if answered > list[1] then return end
    for at = #list, HEAD + GROUP, -GROUP do
      if list[at - SINCE] <= answered then return at end
    end
  end

  -- Of the groups beside each other in which everything failed by the code of group `at`: how many
  -- messages they have.
  local function all_failed(at)
    local function matches(one)
      return one > HEAD and one <= #list and list[one] == list[at] and list[one] ~= 0
        and list[one - FAILED] >= list[one - COUNT]
    end
    local first, last, messages = at, at, 0
    while matches(first - GROUP) do first = first - GROUP end
    while matches(last + GROUP) do last = last + GROUP end
    if not matches(at) then return 0 end
    for one = first, last, GROUP do messages = messages + list[one - COUNT] end
    return messages
  end

  -- Of the shortest runs of groups that have `sample` messages and group `at`: failures and
  -- messages of the first with too large a share, and the code of its failures (0: several).
  local function too_many(at, share, sample)
    local first, messages, failed = at, list[at - COUNT], 0
    while messages < sample and first > HEAD + GROUP do
      first = first - GROUP
      messages = messages + list[first - COUNT]
    end
    local upto = first - GROUP
    messages = 0
    while first <= at do
      while (messages < sample or upto < at) and upto < #list do
        upto = upto + GROUP
        messages, failed = messages + list[upto - COUNT], failed + list[upto - FAILED]
      end
      if messages < sample then return end
      if upto >= at and failed >= share * messages then
        local code = list[at]
        for one = first, upto, GROUP do
          if list[one - FAILED] > 0 and list[one] ~= code then code = 0 end
        end
        return failed, messages, code
      end
      messages, failed = messages - list[first - COUNT], failed - list[first - FAILED]
      first = first + GROUP
    end
  end

  -- `cause`: as :errors counts it.
  local function fail(at, cause)
    list[at] = (list[at - FAILED] == 0 or list[at] == cause) and cause or 0
    list[at - FAILED], changed = list[at - FAILED] + 1, true
    local most = limits_of()
    local in_a_row = math.max(list[2] == cause and list[3] or 0, all_failed(at))
    if most.same > 0 and in_a_row >= most.same then
      return pause_campaign(c, PAUSE.same_code .. ':' .. math.max(0, cause))
    end
    if most.share == 0 then return end
    local failed, messages, code = too_many(at, most.share, most.sample)
    if not failed then return end
    local share = failed .. '/' .. messages
    pause_campaign(c, PAUSE.failure_share .. ':' .. share .. (code > 0 and ':' .. code or ''))
  end

  function recent.add_accepted()
    if c.accepted == 0 then return end
    add(c.accepted)
    c.accepted, list[2], list[3] = 0, 0, 0
  end

  function recent.add_refused(cause)
    add(1)
    list[2], list[3] = cause, list[2] == cause and list[3] + 1 or 1
    fail(#list, cause)
  end

  -- Whether the message was answered since the last start.
  function recent.has(answered) return answered ~= nil and group_at(answered) ~= nil end

  -- A webhook reports the failure of a message that was accepted then.
  function recent.add_failed(answered, cause)
    local at = answered and group_at(answered)
    if at then fail(at, cause) end
  end

  -- It was delivered after all.
  function recent.take_failed(answered)
    local at = answered and group_at(answered)
    if not at then return end
    list[at - FAILED], changed = math.max(0, list[at - FAILED] - 1), true
  end

  -- A message is charged as marketing although its campaign is not declared so: WhatsApp has put
  -- the template into that category, to which not everybody on the list may have agreed.
  function recent.add_marketing()
    local most = limits_of().category
    if most > 0 and redis.call('HINCRBY', c.key, 'drift', 1) >= most then
      pause_campaign(c, PAUSE.category .. ':' .. CATEGORY.marketing)
    end
  end

  recent.add_accepted()
  return recent
end
