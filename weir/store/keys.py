"""Every key name in the store: its type, life time, writer and reader.

All keys begin with ``weir:<cluster>:``. What must be atomic together shares one hash tag, so that a Redis Cluster
keeps it in one slot; the tag ``control`` holds the whole control plane.
"""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """The key names of one cluster, whose name is like a DNS label (``weir.settings``) and needs no escaping."""

    cluster: str

    def head(self) -> str:
        """Hash, no TTL. Writer: ``publish.lua``. Readers: agents, publishers.

        Fields: ``incarnation``, ``number``, ``seq``, ``min_reader``, ``digest`` (SHA-1 of the manifest's bytes), and
        for each owner that published: ``owner:<owner>`` = number of its last publish, ``min_reader:<owner>``, and
        ``publish:<owner>`` = who, when and why (msgpack), which outlives the version in the history.
        """
        return self._control("head")

    def versions(self) -> str:
        """Hash number → manifest (msgpack), no TTL, bounded by the history length. Writer: ``publish.lua``."""
        return self._control("versions")

    def chunks(self) -> str:
        """Hash SHA-256 → chunk (msgpack), no TTL: a chunk goes with the last version that refers to it.

        Writer: ``publish.lua``. Readers: agents, publishers.
        """
        return self._control("chunks")

    def chunk_references(self) -> str:
        """Hash SHA-256 → how many kept versions refer to the chunk, no TTL. Writer and reader: ``publish.lua``."""
        return self._control("chunk-references")

    def publish_ids(self) -> str:
        """Hash publish id → number it became, bounded by the history length. Writer and reader: ``publish.lua``."""
        return self._control("publish-ids")

    def feed(self) -> str:
        """Stream of changes, entry ``<seq>-0`` with fields ``topic`` and ``id``; bounded. Writers: every script
        that changes what a node keeps. Readers: agents."""
        return self._control("feed")

    def wake(self) -> str:
        """Pub/sub channel: the newest ``seq`` as decimal text. It only wakes; the feed tells."""
        return f"weir:{self.cluster}:wake"

    def node(self, node: str) -> str:
        """String, TTL 30 s: what a node says of itself (msgpack). Writer: its agent. Readers: whoever counts nodes."""
        return f"weir:{self.cluster}:node:{node}"

    def nodes(self) -> str:
        """Sorted set node → wall milliseconds of its last word; older than a day is removed. Writer: agents."""
        return self._control("nodes")

    def drains(self) -> str:
        """Hash ``<owner>/<upstream> <URL>`` → end and reason of a drain, at most 10 000, TTL until the last one ends.
        Writer: ``drain.lua``. Readers: agents, the admin API."""
        return self._control("drains")

    def node_live(self, node: str) -> str:
        """String, TTL 20 s, at most 64 KiB: what a node knows of limits, budgets, health and drained targets (msgpack).
        Writer: its agent (``say.lua``). Reader: the admin API."""
        return f"weir:{self.cluster}:live:{node}"

    def access_tokens(self) -> str:
        """Hash id → access token of the admin API (msgpack; of its secret only a hash), no TTL, at most 1000: expired
        ones make room. Writers: ``token_add.lua``, ``token_rotate.lua``, ``token_remove.lua``. Reader: admin API."""
        return self._control("access-tokens")

    def access_tokens_used(self) -> str:
        """Hash id of an access token → milliseconds of its last use, to the minute, no TTL. Writer:
        ``token_used.lua``. Reader: admin API."""
        return self._control("access-tokens-used")

    def sessions(self) -> str:
        """Hash SHA-256 of a cookie → session (msgpack), TTL 7 d after the newest began, at most 1000. Writers:
        ``transient_add.lua``, ``session_use.lua``, ``transient_take.lua``. Reader: ``session_use.lua``."""
        return self._control("sessions")

    def sessions_seen(self) -> str:
        """Sorted set SHA-256 of a cookie → milliseconds of its last use, to the minute, TTL as ``sessions``. Writers
        and readers: as ``sessions``."""
        return self._control("sessions-seen")

    def login_links(self) -> str:
        """Hash SHA-256 of a one-time link → id of the access token that made it (msgpack), TTL 15 min after the newest,
        at most 100. Writers: ``transient_add.lua``, ``transient_take.lua``. Reader: ``transient_take.lua``."""
        return self._control("login-links")

    def login_links_made(self) -> str:
        """Sorted set SHA-256 of a one-time link → milliseconds when it was made, TTL as ``login_links``. Writers and
        reader: as ``login_links``."""
        return self._control("login-links-made")

    def login_failures(self, address: str) -> str:
        """String, how many credentials of a client address (of IPv6: a /64) were wrong, TTL 60 s after the first.
        Writer: ``login_failure.lua``. Reader: ``token_read.lua``."""
        return self._control(f"login-failures:{address}")

    def audit(self) -> str:
        """Stream of changes through the admin API, field ``entry`` (msgpack), the newest 20 000, no TTL. Writer:
        ``audit_add.lua``. Reader: admin API."""
        return self._control("audit")

    def audit_refused(self) -> str:
        """Stream of attempts that credentials or roles forbade, field ``entry`` (msgpack), the newest 5000, no TTL.
        Writer: ``audit_add.lua``. Reader: admin API."""
        return self._control("audit-refused")

    def audit_gate(self, address: str) -> str:
        """String, TTL 1 s: a refused attempt of this client address was just noted. Writer and reader:
        ``audit_add.lua``."""
        return self._control(f"audit-gate:{address}")

    def signing(self) -> str:
        """Hash kid → signing key of access tokens (msgpack; private part sealed), and ``revision``, no TTL, at most 32
        keys. Writer: ``signing_write.lua``. Reader: auth."""
        return self._control("signing")

    def auth_public(self) -> str:
        """String, no TTL: issuer and public keys of access tokens (msgpack). Writer: ``signing_write.lua``. Readers:
        agents, auth."""
        return self._control("auth-public")

    def records(self, kind: str) -> str:
        """Hash id → record of a consumer, key, basic login, hmac key, OAuth client, user, issuer or initial token
        (msgpack, ``weir.models.auth.records``), bounded by kind, no TTL. Writers: ``record_create.lua``,
        ``record_replace.lua``, ``record_remove.lua``, ``consumer_change.lua``, ``key_rotate.lua``. Readers: admin API,
        auth, agents."""
        return self._control(f"records:{kind}")

    def record_index(self, kind: str) -> str:
        """Sorted set, all scores 0: ``i<id>``, and of what belongs to a consumer ``o<consumer>`` NUL ``<id>``, no TTL.
        Writers: as ``records``. Reader: ``record_page.lua``."""
        return self._control(f"record-index:{kind}")

    def credentials_used(self) -> str:
        """Sorted set ``<kind>:<id>`` of a credential → milliseconds of its last use, to the minute, at most 600 000:
        the longest ago goes first. No TTL. Writers: ``credentials_used.lua``, and what removes a credential. Reader:
        admin API."""
        return self._control("credentials-used")

    def revoked(self) -> str:
        """Sorted set ``jti`` of a token, or ``sid`` of all tokens of a family → seconds of the end of what it revokes,
        at most 100 000, no TTL. Writer: ``revoke.lua``. Readers: agents, auth."""
        return self._control("revoked")

    def oauth_codes(self) -> str:
        """Hash SHA-256 of an authorization code → its record (msgpack), or whose tokens it became, TTL 10 min after the
        newest, at most 100 000. Writers: ``code_keep.lua``, ``code_take.lua``. Reader: auth."""
        return self._control("oauth-codes")

    def oauth_codes_made(self) -> str:
        """Sorted set SHA-256 of an authorization code → milliseconds when it was made, TTL as ``oauth_codes``. Writers
        and reader: as ``oauth_codes``."""
        return self._control("oauth-codes-made")

    def oauth_logins(self) -> str:
        """Hash SHA-256 of a cookie → session of a person at auth (msgpack), TTL 7 d after the newest, at most 100 000.
        Writers: ``login_begin.lua``, ``login_use.lua``, ``login_end.lua``. Reader: auth."""
        return self._control("oauth-logins")

    def oauth_logins_seen(self) -> str:
        """Sorted set SHA-256 of a cookie → milliseconds of its last use, to the minute, TTL as ``oauth_logins``.
        Writers and reader: as ``oauth_logins``."""
        return self._control("oauth-logins-seen")

    def oauth_logins_of(self, user: str) -> str:
        """Sorted set SHA-256 of a cookie → milliseconds when the session began, of one person, at most 20, TTL 7 d
        after the newest. Writers and readers: ``login_begin.lua``, ``login_end.lua``."""
        return self._control(f"oauth-logins-of:{user}")

    def oauth_questions(self, login: str) -> str:
        """Hash ``<milliseconds>.<secret>`` → what a person is being asked in this session (msgpack), at most 20, TTL 10
        min. Writers: ``question_keep.lua``, ``question_take.lua``. Reader: auth."""
        return self._control(f"oauth-questions:{login}")

    def oauth_consents(self, user: str) -> str:
        """Hash client → what a person allowed it (msgpack), at most 200, TTL 400 d after the newest. Writers:
        ``consent_keep.lua``, auth. Reader: auth."""
        return self._control(f"oauth-consents:{user}")

    def oauth_devices(self) -> str:
        """Sorted set SHA-256 of a device code → milliseconds when the device stops waiting, at most 10 000, TTL 20 min.
        Writers and readers: ``device_keep.lua``, ``device_poll.lua``."""
        return self._control("oauth-devices")

    def oauth_device(self, device: str) -> str:
        """Hash of one device that waits for a person's word, TTL 20 min: ``record``, ``client``, ``status``,
        ``ends_ms``, ``interval_ms``, ``polled_ms``, ``decision``. Writers: ``device_keep.lua``, ``device_poll.lua``,
        ``device_decide.lua``. Reader: auth."""
        return self._control(f"oauth-device:{device}")

    def oauth_device_code(self, code: str) -> str:
        """String, SHA-256 of the device code that a user code (here its SHA-256) belongs to, TTL 10 min. Writers:
        ``device_keep.lua``, ``device_decide.lua``. Reader: auth."""
        return self._control(f"oauth-device-code:{code}")

    def attempts(self, subject: str) -> str:
        """String, attempts of a subject (a hash of it) that were not right, TTL its window. Writers and readers:
        ``attempt_take.lua``, ``attempt_back.lua``."""
        return self._control(f"attempts:{subject}")

    def refresh_families(self) -> str:
        """Hash sid → family of refresh tokens (msgpack), at most 500 000: ended ones make room. No TTL. Writers:
        ``family_begin.lua``, ``family_step.lua``. Reader: auth."""
        return self._control("refresh-families")

    def refresh_current(self) -> str:
        """Hash sid → SHA-256 of the refresh token that is good now, and the Unix second by which every access token of
        the family has ended. No TTL. Writers and reader: as ``refresh_families``."""
        return self._control("refresh-current")

    def refresh_ends(self) -> str:
        """Sorted set sid → milliseconds when its refresh token ends, no TTL. Writers and reader: as
        ``refresh_families``."""
        return self._control("refresh-ends")

    def refresh_index(self) -> str:
        """Sorted set of user, NUL, sid, all with score 0: whose families there are. No TTL. Writers and reader: as
        ``refresh_families``."""
        return self._control("refresh-index")

    def opaque_tokens(self) -> str:
        """Hash id → opaque access token (msgpack; of its secret only a hash), at most 200 000: ended ones make room. No
        TTL. Writers: ``opaque_keep.lua``, ``opaque_forget.lua``, ``family_step.lua``. Readers: agents, auth."""
        return self._control("opaque-tokens")

    def opaque_ends(self) -> str:
        """Sorted set id of an opaque access token → milliseconds of its end, no TTL. Writers and reader:
        as ``opaque_tokens``."""
        return self._control("opaque-ends")

    def opaque_index(self) -> str:
        """Sorted set of sid, NUL, id of an opaque access token, all with score 0. No TTL. Writers and reader: as
        ``opaque_tokens``."""
        return self._control("opaque-index")

    def assertions(self) -> str:
        """Sorted set SHA-256 of client and ``jti`` → Unix second of the assertion's end, at most 100 000, no TTL.
        Writer and reader: ``assertion_use.lua``."""
        return self._control("assertions")

    def client_failures(self, name: str) -> str:
        """String, how often a client, or a client address, failed to prove who it is, TTL 60 s after the first.
        Writer and reader: ``login_failure.lua``."""
        return self._control(f"client-failures:{name}")

    def health_suspects(self) -> str:
        """Sorted set ``<owner>/<upstream> <URL>`` → milliseconds of the target's last failure, TTL 20 s, at most 1000.

        Writer: ``health.lua``. Readers: agents.
        """
        return self._control("health-suspects")

    def health_evidence(self) -> str:
        """Hash ``<owner>/<upstream> <URL>``, newline, node → what it saw in the last ten seconds (msgpack), TTL 20 s.
        Writers: ``health.lua``, ``health_view.lua``. Reader: ``health.lua``."""
        return self._control("health-evidence")

    def health_ejected(self) -> str:
        """Hash ``<owner>/<upstream> <URL>`` → until when, how manieth in a row, how long (msgpack), TTL 11 min after
        the last end. Writer: ``health.lua``. Readers: agents."""
        return self._control("health-ejected")

    def health_nodes(self) -> str:
        """Sorted set node → milliseconds of its last look at the health of targets, TTL 60 s. Writer:
        ``health_view.lua``. Reader: ``health.lua``."""
        return self._control("health-nodes")

    def health_checked(self) -> str:
        """Sorted set check → milliseconds of its last result, TTL 10 min, at most 10 000. Writer:
        ``health_result.lua``. Readers: agents."""
        return self._control("health-checked")

    def health_results(self) -> str:
        """Hash check → its last result (msgpack), TTL 10 min. Writer: ``health_result.lua``. Readers: agents."""
        return self._control("health-results")

    def health_lease(self, check: str) -> str:
        """String, the node that checks a target; TTL 1.5 × the interval of the check, 1.5 s at least. Writers:
        ``health_lease.lua``, ``health_result.lua``."""
        return self._control(f"health-lease:{check}")

    def budget(self, tag: str, width_ms: int, buckets: int) -> str:
        """Hash, TTL 24 h, or twice a longer window: the ring of an upstream's retry budget; ``tag`` is a hash of
        ``<owner>/<upstream>``. Writer and reader: ``budget.lua``.

        Fields: ``now`` (greatest milliseconds seen), ``bucket`` (the newest), ``history`` (whose data this is),
        ``quarantine`` (until when nothing is granted), ``peak``, and by bucket ``g<n>`` units granted, ``c<n>`` credit,
        ``a<n>`` first attempts.
        """
        return f"weir:{self.cluster}:{{b:{tag}}}:budget:{width_ms}:{buckets}"

    def budget_holder(self, tag: str, width_ms: int, buckets: int, holder: str) -> str:
        """Hash, TTL two windows, at least a minute: what was last heard of a node agent. Writer and reader:
        ``budget.lua``.

        Fields: ``history``, ``seq``, ``credits``, ``attempts``, ``at`` (milliseconds of the ring's clock).
        """
        return f"{self.budget(tag, width_ms, buckets)}:holder:{holder}"

    def budget_peaks(self, tag: str, width_ms: int, buckets: int) -> str:
        """Hash hour → most first attempts in one window of that hour, 25 hours, TTL 25 h. Writer and reader:
        ``budget.lua``."""
        return f"{self.budget(tag, width_ms, buckets)}:peaks"

    def budget_windows(self, tag: str) -> str:
        """Hash ``<width_ms>:<buckets>`` → when the units that this ring of the upstream granted are over, TTL 2 d.
        Writer and reader: ``budget.lua``. In milliseconds of the server's clock."""
        return f"weir:{self.cluster}:{{b:{tag}}}:budget:windows"

    def limit_ring(self, tag: str, bucket_ms: int, buckets: int) -> str:
        """Hash of one sliding limit and what it counts apart (the tag is a hash of both), TTL one window and three
        buckets, up to a quarter of a window more: ``now`` (the latest milliseconds), ``birth``, ``g<bucket>`` tokens
        granted in it, ``r<holder>`` number of what a holder gave back last and the latest bucket it belonged to. Writer
        and reader: ``limit.lua``."""
        return self._limit(tag, f"limit:{bucket_ms}x{buckets}")

    def limit_level(self, tag: str, per_ms: int) -> str:
        """String ``<level> <microseconds>`` of one smooth limit and what it counts apart, TTL until it is empty.
        Writer and reader: ``gcra.lua``."""
        return self._limit(tag, f"smooth:{per_ms}")

    def limit_quota(self, tag: str, window_ms: int) -> str:
        """Hash of one calendar limit and what it counts apart, TTL until a minute after its window ends: ``now``,
        ``window`` (its number), for each node ``g:<node>`` tokens granted, ``r:<node>`` given back, ``l:<node>`` the
        life of its process; window_ms 0 is a month. Writer and reader: ``quota.lua``."""
        return self._limit(tag, f"quota:{window_ms}")

    def usage_minute(self, minute: int) -> str:
        """Hash, TTL 2 h 10 min: what was counted in a minute (Unix time ÷ 60 s). On the server of the counters. Writer:
        ``usage.lua``. Readers: admin.

        Fields: ``r<owner>/<rule>``, ``t<owner>/<upstream> <URL>`` and ``c<consumer>`` → numbers (``weir.store.usage``,
        msgpack), at most 5000, 2000 and 2000, those of more together as ``r(other)``, ``t(other)``, ``c(other)``;
        ``@<agent>`` its last call; ``#`` how many there are.
        """
        return self._usage(f"minute:{minute}")

    def usage_day(self, day: int) -> str:
        """Hash, TTL 401 days: as ``usage_minute``, of a day in UTC, at most 50 000 rules, 5000 targets and 50 000
        consumers. All days together have at most 2 000 000 entries: then the earliest goes. Writers: ``usage.lua``,
        ``usage_forget.lua``."""
        return self._usage(f"day:{day}")

    def usage_last(self) -> str:
        """Sorted set ``r<owner>/<rule>`` → minute of its last hit, at most 50 000: the longest ago goes first. No TTL.
        Writer: ``usage.lua``. Readers: admin."""
        return self._usage("last")

    def usage_about(self) -> str:
        """Hash, no TTL: ``since`` (milliseconds of the first count), ``lost_minutes`` and ``lost_days`` (requests that
        agents could not bring), ``d<day>`` how much a day's hash has. Writers: ``usage.lua``, ``usage_forget.lua``."""
        return self._usage("about")

    def samples(self) -> str:
        """Stream of requests as they happen, redacted, at most 1000, TTL 60 s. Writer: ``samples.lua``. Readers:
        admin."""
        return self._usage("samples")

    def samples_wanted(self) -> str:
        """Hash listener → until when and what it asks for (msgpack), at most 32, TTL 10 s. Writers:
        ``samples_listen.lua``, ``samples.lua``. Readers: agents."""
        return self._usage("samples-wanted")

    def _usage(self, name: str) -> str:
        return f"weir:{self.cluster}:{{usage}}:{name}"

    def _limit(self, tag: str, name: str) -> str:
        return f"weir:{self.cluster}:{{{tag}}}:{name}"

    def _control(self, name: str) -> str:
        return f"weir:{self.cluster}:{{control}}:{name}"
