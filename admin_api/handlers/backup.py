"""The whole cluster as one file, and back."""

from __future__ import annotations

import tempfile
import time
from typing import BinaryIO, cast

from admin_api.call import Answer, Call, Handler
from admin_api.problems import Refusal
from admin_api.uploads import receive
from weir.api.backup import MAX_FILE, Restored
from weir.serving.off_loop import off_loop
from weir.store.backup import Backup, EmptyStore
from weir.store.backup_file import Unreadable, verify
from weir.store.restore import NotEmpty, Restore


def download(call: Call) -> Answer:
    services = call.services
    backup = Backup(services.client, services.counters, services.keys)
    try:
        head = backup.head()
    except EmptyStore as error:
        raise Refusal(409, "empty-store", sentence(error)) from error
    day = time.strftime("%Y-%m-%d", time.gmtime())
    name = f"weir-{services.keys.cluster}-{day}-{head.number}.backup"
    return Answer(stream=backup.stream(), headers={"Content-Disposition": f'attachment; filename="{name}"'})


def restore(call: Call) -> Answer:
    """The file is on disk before any of it is looked at, since its checksum is at its end."""
    services = call.services
    with tempfile.TemporaryFile() as file:
        whole = cast("BinaryIO", file)
        receive(call.body, whole, MAX_FILE)
        whole.seek(0)
        loader = Restore(services.client, services.counters, services.keys)
        try:
            done = loader.load(whole, off_loop(lambda: verify(whole)))
        except Unreadable as error:
            raise Refusal(422, "unreadable-backup", sentence(error)) from error
        except NotEmpty as error:
            raise Refusal(409, "not-empty", sentence(error)) from error
    result = Restored(
        number=done.number,
        incarnation=done.header.incarnation,
        cluster=done.header.cluster,
        program=done.header.program,
        made_ms=done.header.time_ms,
        keys=done.keys,
        durable=done.durable,
    )
    return Answer(result, audit={"restored": str(done.number), "incarnation": done.header.incarnation})


def sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


HANDLERS: dict[str, Handler] = {"backup.download": download, "backup.restore": restore}
