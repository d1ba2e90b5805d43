-- What wrk sends in a scenario, and what came of it, as one line for bench/load.py.

local FIELDS = {
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    ["Accept-Language"] = "de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3",
    ["Accept-Encoding"] = "gzip, deflate, br, zstd",
    ["Referer"] = "https://www.example.org/catalogue/spring?page=3&order=price",
    ["Cookie"] = "session=4f0c2a7e9b5d4c1f8a3e6d7b0c9f1e2d; consent=necessary; theme=dark; "
        .. "basket=17%2C42%2C99; seen=1732712345",
    ["DNT"] = "1",
    ["Sec-Fetch-Dest"] = "document",
    ["Sec-Fetch-Mode"] = "navigate",
    ["Sec-Fetch-Site"] = "same-origin",
    ["Upgrade-Insecure-Requests"] = "1",
    ["Cache-Control"] = "no-cache",
    ["Priority"] = "u=0, i",
}

local SCENARIOS = {
    hello = { path = "/hello" },
    headers = { path = "/hello", fields = FIELDS },
    post = { path = "/whole", method = "POST", body = string.rep("x", 1024) },
    big = { path = "/size/16384" },
}

function init(words)
    local scenario = SCENARIOS[words[1]]
    wrk.path = scenario.path
    wrk.method = scenario.method or "GET"
    wrk.body = scenario.body
    for name, value in pairs(scenario.fields or {}) do
        wrk.headers[name] = value
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        "figures %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
