"""The Lua scripts of the publisher. Redis runs each one without other commands in between.

Redis rolls nothing back if a script fails half-way, so the order of the commands matters:

1. The old entry is removed. Doing it again does no harm. It works even if Redis is full, and Redis then
   allows the rest of the script, too.
2. The key `…:seen:<alert_id>` is written. It remembers the newest revision of the alert and the id of its
   entry, as in "2 1782907200000-0". In a retraction the id is missing. Older versions wrote only "1".
3. The new entry is added. If Redis refuses it, the key gets its old value back, or no retry would add it.
4. The channel is only a hint: a refusal (an ACL without the channel) must not undo the entry.
"""

from __future__ import annotations

from typing import Final

PUBLISH: Final = """
local seen, stream, unpurged = KEYS[1], KEYS[2], KEYS[3]
local seen_ttl, max_length, channel = ARGV[1], ARGV[2], ARGV[3]
local alert_id, retracts, number, payload = ARGV[4], ARGV[5] == '1', ARGV[6], ARGV[7]
local entry_id = ARGV[8]

local function has_alert(entry)
    local fields = entry[2]
    return fields[1] == 'alert_id' and fields[2] == alert_id and fields[3] == 'alert'
end

-- Return the id of the alert's entry from ten minutes before a time to twenty after it, or nil. The time is
-- that of another clock, shortly before the entry was added.
local function find_near(milliseconds)
    local from = string.format('%.0f', milliseconds - 600000)
    local to = string.format('%.0f', milliseconds + 1200000)
    for _ = 1, 200 do
        local entries = redis.call('XRANGE', stream, from, to, 'COUNT', 500)
        for _, entry in ipairs(entries) do
            if has_alert(entry) then
                return entry[1]
            end
        end
        if #entries < 500 then
            return nil
        end
        from = '(' .. entries[#entries][1]
    end
end

local state = redis.call('GET', seen)
local newest = 0
if state == '1' then
    newest = 1
    if entry_id == '' then
        local age = tonumber(seen_ttl) * 1000 - redis.call('PTTL', seen)
        local now = redis.call('TIME')
        entry_id = string.format('%.0f', now[1] * 1000 - age)
    end
elseif state then
    local known_number, known_entry = string.match(state, '^(%d+) (%S*)$')
    newest, entry_id = tonumber(known_number), known_entry
end
if newest >= tonumber(number) then
    return {'known', entry_id}
end

local removed = nil
if entry_id ~= '' then
    if string.find(entry_id, '-', 1, true) then
        local entry = redis.call('XRANGE', stream, entry_id, entry_id)[1]
        removed = entry and has_alert(entry) and entry_id
    else
        removed = find_near(tonumber(entry_id))
    end
    if removed then
        redis.call('XDEL', stream, removed)
    end
    redis.call('INCR', unpurged)
end

local function remember(id)
    redis.call('SET', seen, number .. ' ' .. id, 'EX', seen_ttl)
end

remember('')
if retracts and entry_id == '' then
    return {'unseen', ''}
end
local fields = {'alert_id', alert_id, retracts and 'retracted' or 'alert', payload}
if entry_id ~= '' and not retracts then
    fields[5], fields[6] = 'replaces', removed or entry_id
end
local added = redis.pcall('XADD', stream, 'MAXLEN', '~', max_length, '*', unpack(fields))
if type(added) == 'table' and added.err then
    if state then
        redis.call('SET', seen, state, 'EX', seen_ttl)
    else
        redis.call('DEL', seen)
    end
    return redis.error_reply(added.err)
end
if retracts then
    added = ''
end
remember(added)
local announced = redis.pcall('PUBLISH', channel, payload)
if type(announced) == 'table' and announced.err then
    return {'unannounced', added}
end
return {'published', added}
"""
"""Publish a change of an alert, and return a word for what was done, and the id of the alert's entry.

The words are known, unseen, published and unannounced. The id is empty if the alert is not in the stream. A
new entry that replaces another one has the old id in its field `replaces`.
"""

FORGET: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
"""
"""Delete a key if it still has this value."""
