"""The example of the rule language in the design: one text with everything that is typical."""

from __future__ import annotations

DESIGN = """\
language 1

defaults {                                        # for the whole cluster; a rule or upstream overrides
    timeout connect 1s, try 10s, total 30s
    trusted_proxies ["10.0.0.0/8"]
}

define office = ip in ["10.0.0.0/8", "192.168.0.0/16"]      # a named condition: pure substitution

upstream orders {
    target http://orders-1.prod:8080 weight 3
    target http://orders-2.prod:8080
    balance p2c                                   # round_robin | least_conn | p2c | hash(ip) | hash(cookie("sid"))
    check GET /healthz every 5s                   # active; passive ejection is on by default
    retry 2 on connect, timeout, 502, 503, 504
    budget 10% max 100 per 10s                    # cluster-wide
    concurrency 200 queue 50                      # or: concurrency adaptive
}

limit gold { 100 per 1m by consumer }             # named: every `limit gold` shares one counter

group api {                                       # its condition is and-ed, its clauses are inherited
    when host in ["api.example.com", "api.example.net"]
    require key or token(scope: "api")
    limit gold
    proxy by path { "/orders" -> orders; "/users" -> http://users.prod:8000; "/pay" -> pay-v1 90, pay-v2 10 }   # lines
    rule export {
        when path under "/orders/export" and office
        require none
        proxy orders
    }
}

rule posts {
    when path like "/u/{id}/posts/{rest...}"; rewrite path "/posts/{rest}"
    set request header "X-User" = "{id}"; proxy posts
}
rule shop {
    when host == "shop.example.com" and not (path under "/admin" and not office)
    proxy shop-v1 95, shop-v2 5; mirror 1% shop-v3
}
rule static {
    when host == "shop.example.com" and (path under "/static" or path == "/favicon.ico")
    proxy http://static.web:8000
}
rule old-site { when host == "old.example.com"; redirect 301 "https://new.example.com{uri}" }
rule teapot   { when path == "/teapot"; respond 418 "short and stout" }
rule rest     { when any; respond 404 "nothing here" }
"""
"""Some of its upstreams are not defined; ``UPSTREAMS`` has them."""

UPSTREAMS = "".join(
    f"upstream {name} {{ target http://{name}.prod }}\n"
    for name in ("pay-v1", "pay-v2", "posts", "shop-v1", "shop-v2", "shop-v3")
)
