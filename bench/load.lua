-- wrk -s bench/load.lua … -- REQUESTS COUNTER
-- REQUESTS holds whole requests, each after a line with its length. Where one has the byte 1, a number from 100
-- to 999 is written, and where it has the byte 2, twelve hexadecimal digits: with COUNTER as the beginning no
-- pair of request and number comes twice. wrk.format would cost as much as the servers; nothing is built here.
local requests, counter = {}, 0

local function parts(text)
    local found = {}
    for plain, mark in text:gmatch("([^\1\2]*)([\1\2]?)") do
        found[#found + 1] = plain
        found[#found + 1] = mark
    end
    return found
end

function init(args)
    counter = tonumber(args[2])
    local file = assert(io.open(args[1], "rb"))
    for length in file:lines() do
        local text = file:read(tonumber(length))
        requests[#requests + 1] = text:find("[\1\2]") and parts(text) or text
    end
    file:close()
end

local function fill(found)
    local out = {}
    for at, part in ipairs(found) do
        if part == "\1" then
            out[at] = string.format("%d", 100 + math.floor(counter / #requests) % 900)
        elseif part == "\2" then
            out[at] = string.format("%012x", counter)
        else
            out[at] = part
        end
    end
    return table.concat(out)
end

function request()
    local found = requests[counter % #requests + 1]
    local text = type(found) == "table" and fill(found) or found
    counter = counter + 1
    return text
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.3f,"p99":%.3f,"not2xx":%d,"broken":%d,"late":%d}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
