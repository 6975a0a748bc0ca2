/**
 * Takes from the budget of one key, in one step of Redis and by its clock: nodes need neither the same clock nor to know of one
 * another. What it does is what the tallies of `@postern/model` do; a test plays both. Needs Redis 5 (time beside writes).
 *
 * `KEYS[1]`; `ARGV`: algorithm, limit, window in ms, burst, amount. Says: granted (1 or 0), remaining, milliseconds until there is
 * more (or, where nothing was granted, as much).
 *
 * A refusal writes nothing: refused clients cost no replication. Every key ends by itself when it says no more than none would.
 */
export const TAKE = `
local algorithm, limit, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local burst, amount = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = redis.call('GET', KEYS[1])
local longest = 31622400000

local function keep(text, milliseconds)
  redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', math.max(1, math.min(longest, milliseconds))))
end

if algorithm == 'token-bucket' then
  local full = burst * window
  local parts, at = full, now
  if kept then
    local keptParts, keptAt = string.match(kept, '^(%d+) (%d+)$')
    parts, at = tonumber(keptParts), tonumber(keptAt)
    if now > at then
      parts, at = parts + (now - at) * limit, now
    end
    parts = math.min(parts, full)
  end
  local cost = amount * window
  local granted = parts >= cost
  if granted then
    parts = parts - cost
    keep(string.format('%.0f %.0f', parts, at), math.ceil((full - parts) / limit) + 1)
  end
  local remaining = math.floor(parts / window)
  local missing = (granted and (remaining + 1) * window or math.min(cost, full)) - parts
  return { granted and 1 or 0, remaining, at - now + math.ceil(missing / limit) }
end

if algorithm == 'sliding-window' then
  local state = kept and cmsgpack.unpack(kept) or { 0 }
  local sum, first = 0, 2
  for i = 2, #state, 2 do
    if state[i] + window <= now then
      first = i + 2
    else
      sum = sum + state[i + 1]
    end
  end
  local granted = sum + amount <= limit
  if granted then
    local newest = #state - 1
    now = math.max(now, newest >= first and state[newest] or now)
    local rest = { state[1] }
    for i = first, #state do rest[#rest + 1] = state[i] end
    if #rest > 1 and (now - state[1]) * 32 < window then
      rest[#rest - 1] = now
      rest[#rest] = rest[#rest] + amount
    else
      rest[1] = now
      rest[#rest + 1] = now
      rest[#rest + 1] = amount
    end
    sum = sum + amount
    keep(cmsgpack.pack(rest), window + 1)
    return { 1, limit - sum, rest[2] + window - now }
  end
  local free, wait = limit - sum, window
  for i = first, #state, 2 do
    free = free + state[i + 1]
    wait = state[i] + window - now
    if free >= amount then break end
  end
  return { 0, math.max(0, limit - sum), wait }
end

local index, used = math.floor(now / window), 0
if kept then
  local keptIndex, keptUsed = string.match(kept, '^(%d+) (%d+)$')
  if tonumber(keptIndex) >= index then
    index, used = tonumber(keptIndex), tonumber(keptUsed)
  end
end
local ends = (index + 1) * window - now
local granted = used + amount <= limit
if granted then
  used = used + amount
  keep(string.format('%.0f %.0f', index, used), ends)
end
return { granted and 1 or 0, math.max(0, limit - used), ends }
`;
