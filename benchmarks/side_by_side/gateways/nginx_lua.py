"""nginx with hand-written Lua: the rules are a Lua table, looked up for each request; ``limit.lua`` counts in Redis."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side.gateways import nginx
from benchmarks.side_by_side.process import Gateway, replace, started, wait_ready
from benchmarks.side_by_side.programs import find, lua_modules
from benchmarks.side_by_side.work import HEADER, PATH, Work
from tests.support.ports import free_port

LIMIT = Path(__file__).with_name("limit.lua")


@contextmanager
def start(folder: Path, work: Work) -> Iterator[Gateway]:
    port, file = free_port(), folder / "nginx.conf"
    before = " ".join(f"load_module {module};" for module in lua_modules())
    (folder / "rules.lua").write_text(table(work))
    (folder / "limit.lua").write_text(LIMIT.read_text())
    file.write_text(nginx.conf(folder, http(folder, port, work), before=before))
    with started([find("nginx"), "-p", str(folder), "-c", str(file)], folder) as process:
        wait_ready(process, port, folder, work.mark)

        def publish(wanted: Work) -> None:
            replace(folder / "rules.lua", table(wanted))
            process.send_signal(signal.SIGHUP)

        yield Gateway("nginx-lua", port, process.pid, publish)


def table(work: Work) -> str:
    hosts = ",\n".join(f'  ["{host}"] = "{PATH}"' for host in work.hosts())
    return f'return {{ mark = "{work.mark}", hosts = {{\n{hosts}\n}} }}\n'


def http(folder: Path, port: int, work: Work) -> str:
    return f"""{nginx.upstream(work)}
lua_package_path "{folder}/?.lua;;";
init_by_lua_block {{ require "rules" require "limit" }}
server {{ listen 127.0.0.1:{port} default_server;
    location / {{ {nginx.proxy_pass()}
        access_by_lua_block {{
            local rules = require "rules"
            local prefix = rules.hosts[ngx.var.host]
            if prefix then
                return ngx.exit(ngx.var.uri:sub(1, #prefix) == prefix and 204 or 404)
            end
{limit(work)}            ngx.req.set_header("{HEADER}", rules.mark)
        }} }} }}"""


def limit(work: Work) -> str:
    """Above it 429; 500 if Redis does not say."""
    if not work.limit:
        return ""
    return f"""            local allowed, why = require("limit").allows({work.store_port}, "all:", "{work.limit}")
            if allowed == nil then ngx.log(ngx.ERR, "not counted: ", why) return ngx.exit(500) end
            if not allowed then return ngx.exit(429) end
"""
