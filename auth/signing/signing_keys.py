"""What signs tokens here, and verifies those that were signed here. The truth about keys is in the store.

Private keys are opened once and kept in memory; which of them signs is asked of the store again every few seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.signing.schedule import plan, signer
from weir.secrets.ring import KeyRing
from weir.store.signing import AuthPublic, SealedKey, Signing, SigningStore

ALGORITHM = "ES256"
PURPOSE = "signing"
FRESH_S = 5.0
"""So long what the store said is not asked again."""
LOOK_S = 1.0
"""So long it is not asked again for a key that is unknown here."""
MAX_TOKEN = 8192
"""Characters of a token that is looked at."""


class _Seen(NamedTuple):
    signing: Signing
    at_s: float
    clock_ms: int
    """The store's clock minus this machine's, milliseconds."""


class SigningKeys:
    """Raises StoreAway and StoreError, and SecretsError where the ring lacks a key."""

    def __init__(self, store: SigningStore, ring: KeyRing, issuer: str, rotation_s: float) -> None:
        self._store = store
        self._ring = ring
        self._issuer = issuer
        self._rotation_ms = int(rotation_s * 1000)
        self._seen: _Seen | None = None
        self._private: dict[str, ECKey] = {}
        self._has_claimed = False

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """A JWT, as JWS in its compact form. ``typ``: ``at+jwt`` for an access token, ``JWT`` for an ID token."""
        seen = self._look()
        key = signer(seen.signing.keys, now_ms() + seen.clock_ms)
        if key is None:
            seen = self.upkeep()
            key = signer(seen.signing.keys, now_ms() + seen.clock_ms)
        if key is None:
            raise AssertionError("upkeep leaves no store without a key")
        header = {"alg": key.algorithm, "kid": key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), self._opened(key), algorithms=[key.algorithm])

    def verify(self, text: str, typ: str) -> dict[str, Any] | None:
        """The claims of a token that was signed here, with this ``typ``; None for any other.

        Of the claims only ``iss`` was looked at.
        """
        if len(text) > MAX_TOKEN or not text.isascii():
            return None
        try:
            header = jws.extract_compact(text.encode()).headers()
            key = self._known(str(header.get("kid", "")))
            if key is None or header.get("typ") != typ or "crit" in header:
                return None
            public = ECKey.import_key(json.loads(key.public))
            claims: dict[str, Any] = jwt.decode(text, public, algorithms=[key.algorithm]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return claims if claims.get("iss") == self._issuer else None

    def public_set(self) -> dict[str, Any]:
        """JSON Web Key Set (RFC 7517 §5) of all keys that may have signed something that is still good, and of the next
        one."""
        seen = self._look()
        return key_set((seen if seen.signing.keys else self.upkeep()).signing.keys)

    def age_s(self) -> float | None:
        """Since the key that signs began to, by what was last seen of the store, which is not asked; None: nothing
        yet."""
        seen = self._seen
        store_ms = now_ms() + (seen.clock_ms if seen else 0)
        key = signer(seen.signing.keys, store_ms) if seen else None
        return None if key is None else max(0, store_ms - key.signs_from_ms) / 1000

    def algorithms(self) -> tuple[str, ...]:
        return (ALGORITHM,)

    def upkeep(self) -> _Seen:
        """Makes and forgets keys as the time demands, and says whose they are. Of several processes one is first."""
        for _ in range(3):
            seen = self._read()
            if not self._write(seen):
                return seen
        return self._read()

    def replace_now(self, *, forget: bool) -> str:
        """A new key signs from now on; its ``kid``. ``forget``: what the others have signed is refused from now on."""
        while True:
            signing = self._read().signing
            made = self._make(signing.now_ms, signing.now_ms)
            older = [] if forget else list(signing.keys)
            issuer = signing.public.issuer if signing.public else self._issuer
            public = public_of(issuer, [*older, made])
            removed = [key.kid for key in signing.keys] if forget else []
            if self._store.write(signing.revision, public, put=[made], remove=removed, change=made.kid):
                self._read()
                return made.kid

    def other_issuer(self) -> str:
        """Who else the store says issues tokens with these keys; empty: nobody."""
        public = self._look().signing.public
        return public.issuer if public is not None and public.issuer != self._issuer else ""

    def _write(self, seen: _Seen) -> bool:
        """Whether anything was to be written: then what there is now has to be read."""
        signing = seen.signing
        todo = plan(signing.keys, signing.now_ms, self._rotation_ms)
        made = [self._make(signing.now_ms, todo.begins_ms)] if todo.begins_ms else []
        keys = [key for key in (*signing.keys, *made) if key.kid not in todo.ended]
        issuer = signing.public.issuer if signing.public and self._has_claimed else self._issuer
        public = public_of(issuer, keys)
        if not made and not todo.ended and public == signing.public:
            self._has_claimed = True
            return False
        change = made[0].kid if made else ""
        if self._store.write(signing.revision, public, put=made, remove=todo.ended, change=change):
            self._has_claimed = True
        return True

    def _make(self, created_ms: int, begins_ms: int) -> SealedKey:
        key = ECKey.generate_key("P-256", private=True)
        kid = key.thumbprint()
        about = {"kid": kid, "alg": ALGORITHM, "use": "sig"}
        private = json.dumps({**key.as_dict(private=True), **about}).encode()
        bare = SealedKey(
            kid=kid,
            algorithm=ALGORITHM,
            public=json.dumps({**key.as_dict(private=False), **about}),
            sealed=b"",
            created_ms=created_ms,
            signs_from_ms=begins_ms,
        )
        sealed = self._ring.seal(PURPOSE, private, bare.bound)
        return SealedKey(
            **{**{name: getattr(bare, name) for name in bare.__struct_fields__}, "sealed": sealed}
        )

    def _opened(self, key: SealedKey) -> ECKey:
        found = self._private.get(key.kid)
        if found is None:
            found = ECKey.import_key(json.loads(self._ring.open(PURPOSE, key.sealed, key.bound)))
            self._private[key.kid] = found
        return found

    def _known(self, kid: str) -> SealedKey | None:
        """One that another process has just made is looked for again, at most once a second."""
        for fresh_s in (FRESH_S, LOOK_S):
            for key in self._look(fresh_s).signing.keys:
                if key.kid == kid:
                    return key
        return None

    def _look(self, fresh_s: float = FRESH_S) -> _Seen:
        """Not older than that."""
        seen = self._seen
        if seen is None or time.monotonic() - seen.at_s > fresh_s:
            seen = self._read()
        return seen

    def _read(self) -> _Seen:
        signing = self._store.read()
        self._seen = seen = _Seen(signing, time.monotonic(), signing.now_ms - now_ms())
        kids = {key.kid for key in signing.keys}
        self._private = {kid: key for kid, key in self._private.items() if kid in kids}
        return seen


def public_of(issuer: str, keys: Sequence[SealedKey]) -> AuthPublic:
    return AuthPublic(issuer=issuer, jwks=json.dumps(key_set(keys), separators=(",", ":")))


def key_set(keys: Sequence[SealedKey]) -> dict[str, Any]:
    """RFC 7517 §5."""
    return {"keys": [json.loads(key.public) for key in keys]}


def now_ms() -> int:
    return time.time_ns() // 1_000_000
