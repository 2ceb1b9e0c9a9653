-- The requests of one load run, and its result as one JSON line. Called by load.mjs:
--   wrk ... -s wrk.lua URL -- MODE METHOD PATH TOKENS START EXPECTED BODY_BYTES
-- MODE is `plain` (each request a GET or POST of PATH) or `mixed` (lists, publishes and one refusal in fifty).

local threads = {}
local REFUSED_EVERY, PUBLISH_EVERY = 50, 10

function setup(thread)
  table.insert(threads, thread)
end

local function head(method, path, token)
  return method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nAuthorization: Bearer " .. token
end

local function count_answers(expected, also)
  response = function(status)
    if status == expected then
      ok = ok + 1
    elseif status == also then
      refused = refused + 1
    else
      unexpected = unexpected + 1
      strange = status
    end
  end
end

local function send_in_turn(tokens, format)
  request = function()
    local token = tokens[issued % #tokens + 1]
    issued = issued + 1
    return format(token)
  end
end

local function format_mixed(path)
  local body = '{"topic":"bench/one","payload":"' .. string.rep("x", 160) .. '","qos":1}'
  local publish_end = "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  return function(token)
    if issued % REFUSED_EVERY == 0 then
      return head("GET", path, token .. "AAAA") .. "\r\n\r\n"
    elseif issued % PUBLISH_EVERY == 1 then
      return head("POST", "/api/v4/mqtt/publish", token) .. publish_end
    end
    return head("GET", path .. "?page=" .. issued % 7, token) .. "\r\n\r\n"
  end
end

-- A body or a single token is formatted once by wrk itself: a request function would copy it each time.
local function send_constant(method, path, token, body_bytes)
  wrk.method, wrk.path = method, path
  if token then
    wrk.headers["Authorization"] = "Bearer " .. token
  end
  if body_bytes > 0 then
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = string.rep("x", body_bytes)
  end
end

function init(args)
  local mode, method, path, file, start, expected, body_bytes = unpack(args)
  local tokens = {}
  for line in (file ~= "" and io.lines(file) or function() end) do
    tokens[#tokens + 1] = line
  end
  issued, ok, refused, unexpected, strange = tonumber(start), 0, 0, 0, 0
  if mode == "mixed" then
    send_in_turn(tokens, format_mixed(path))
    count_answers(200, 401)
    return
  elseif #tokens > 1 then
    send_in_turn(tokens, function(token) return head(method, path, token) .. "\r\n\r\n" end)
  else
    send_constant(method, path, tokens[1], tonumber(body_bytes))
  end
  if expected ~= "200" then
    count_answers(tonumber(expected), 0)
  end
end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  local figures = {
    requests = summary.requests, micros = summary.duration, bytes = summary.bytes,
    p50Us = latency:percentile(50), p99Us = latency:percentile(99),
    socketErrors = errors.connect + errors.read + errors.write, timeouts = errors.timeout, errorStatuses = errors.status,
  }
  for _, name in ipairs({ "issued", "refused", "unexpected", "strange" }) do
    figures[name] = thread:get(name)
  end
  local members = {}
  for name, figure in pairs(figures) do
    members[#members + 1] = string.format('"%s":%d', name, figure)
  end
  io.write("RESULT {" .. table.concat(members, ",") .. "}\n")
end
