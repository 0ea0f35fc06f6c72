"""What a person is being asked: whether an application, or a device, may. Kept under the person's session.

The page that asks carries only an id, so that what is answered is what was checked. The id is found with the same
session only, once, for ten minutes.
"""

from __future__ import annotations

import msgspec

from weir.models.auth.secret_text import random_text
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

LIFE_MS = 600_000
MAX_OF_ONE = 20
"""Questions of one session; one more forgets the earliest."""
MAX_ID = 64
SECRET = 22


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """An application's request for authorization, checked; or a device's, where ``device`` is its id."""

    schema: int = 1
    client: str
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    redirect_uri: str = ""
    """Where the answer goes."""
    asked_uri: str = ""
    """The same as the application wrote it; empty if it left it out."""
    state: str = ""
    challenge: str = ""
    nonce: str = ""
    device: str = ""
    user_code: str = ""


_decoder = msgspec.msgpack.Decoder(Question)


class Questions:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def ask(self, login_id: str, question: Question) -> str:
        """The id that the page carries."""
        key = self._keys.oauth_questions(login_id)
        with self._client.session(key) as session:
            made: bytes = run_script(
                session,
                "question_keep",
                questions=key,
                secret=random_text(SECRET),
                record=msgspec.msgpack.encode(question),
                keep_ms=LIFE_MS,
                most=MAX_OF_ONE,
            )
        return made.decode()

    def take(self, login_id: str, question_id: str) -> Question | None:
        """None: never asked in this session, answered before, or too old."""
        if len(question_id) > MAX_ID:
            return None
        key = self._keys.oauth_questions(login_id)
        with self._client.session(key) as session:
            record: bytes = run_script(
                session, "question_take", questions=key, id=question_id, life_ms=LIFE_MS
            )
        if not record:
            return None
        try:
            return _decoder.decode(record)
        except msgspec.MsgspecError as error:
            raise StoreError(f"a request for authorization in the store cannot be read: {error}") from error
