-- wrk's part of the ingest measurement: sends ready-made reports, of which only the numbers change.
-- Arguments: kind, reports a request, templates' file, first round, first timestamp in ms (remote write alone).
local kind, per, templates, first_round, first_ms
local head, path, tokens
local sent = 0
local threads = {}

function setup(thread) table.insert(threads, thread) end

local function varint(number)
  local out = {}
  while number >= 128 do
    local rest = number % 128
    out[#out + 1] = string.char(rest + 128)
    number = (number - rest) / 128
  end
  out[#out + 1] = string.char(number)
  return table.concat(out)
end

local makers = {}

function makers.tagent(first, round)
  local parts, n = {}, 0
  local seq, age = tostring(round), string.format("%.2f", round * 0.05)
  for j = 1, per do
    local t = templates.reports[first + j]
    parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4], parts[n + 5] = t[1], seq, t[2], age, t[3]
    n = n + 5
    if t[4] then parts[n + 1], parts[n + 2] = seq, t[4]; n = n + 2 end
    if j < per then n = n + 1; parts[n] = "," end
  end
  local token = templates.tokens[math.floor(first / templates.per_service) + 1]
  wrk.headers["Authorization"] = "Bearer " .. token
  return "/api/v1/telemetry", '{"reports":[' .. table.concat(parts) .. "]}"
end

function makers.prometheus(first, round)
  local stamp = varint(first_ms + round * 10)
  local parts, n = { templates.heads[per] }, 1
  for j = 1, per do
    for _, piece in ipairs(templates.reports[first + j]) do
      parts[n + 1], parts[n + 2] = piece, stamp
      n = n + 2
    end
  end
  return "/api/v1/write", table.concat(parts)
end

function makers.pushgateway(first)
  local t = templates.reports[first + 1]
  return t[1], t[2]
end

function init(args)
  kind, per, first_round, first_ms = args[1], tonumber(args[2]), tonumber(args[4]), tonumber(args[5])
  templates = dofile(args[3])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = templates.content_type
  if kind == "prometheus" then
    wrk.headers["Content-Encoding"] = "snappy"
    wrk.headers["X-Prometheus-Remote-Write-Version"] = "0.1.0"
  end
end

function request()
  local count = #templates.reports
  local first = (sent * per) % count
  local round = first_round + math.floor(sent * per / count)
  sent = sent + 1
  local target, content = makers[kind](first, round)
  return wrk.format(nil, target, nil, content)
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "duration_us": %d, "errors": %d}\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
