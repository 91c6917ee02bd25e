"""The tables of the database, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("number", Integer, primary_key=True))

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("audience", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("sections", Text, nullable=False),
    Column("places", Text, nullable=False, server_default="[]"),
    Column("number", Text, nullable=False, server_default=""),
    Column("issuer", Text, nullable=False, server_default=""),
    Column("department", Text, nullable=False, server_default=""),
    Column("effective", Text, nullable=False, server_default=""),
    Column("owner", String(16), nullable=False, server_default="corpus"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("headings", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("sentences", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("title_words", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("sentence_vectors", LargeBinary, nullable=False),
    Column("places", Text, nullable=False, server_default="[]"),
    ForeignKeyConstraint(
        ["document_id", "recipe"], ["documents.id", "documents.recipe"], ondelete="CASCADE"
    ),
)

generations = Table(
    "generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("recipe", String(32), nullable=False),
    Column("published_at", DateTime(timezone=True)),
)

generation_documents = Table(
    "generation_documents",
    metadata,
    Column("generation", ForeignKey("generations.number", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String(32), primary_key=True),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("last_used_at", DateTime(timezone=True), nullable=False, index=True),
)

turns = Table(
    "turns",
    metadata,
    Column("answer_id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("question", Text, nullable=False),
    Column("understood_as", Text, nullable=False),
    Column("status", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("citations", JSON, nullable=False, server_default="[]"),
    Column("channel", String(16), nullable=False, server_default=""),
    Index("turns_by_conversation", "conversation_id", "asked_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("turns.answer_id", ondelete="CASCADE"), primary_key=True),
    Column("rating", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
)

staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", Text, nullable=False),
    Column("invitation", String(64), nullable=False, index=True),
    Column("invited_until", DateTime(timezone=True), nullable=False),
    Column("totp_secret", String(64), nullable=False),
    Column("totp_step", Integer, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    Column("account_id", ForeignKey("staff_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("code", String(64), primary_key=True),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("staff_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("pending_secret", String(64), nullable=False),
    Index("staff_sessions_by_account", "account_id"),
)

staff_failures = Table(
    "staff_failures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)


# What staff keep in the console; see store/library.py. Nothing points from here to a generation
# or back: which versions are published stands here, what can be asked about stands there, and
# both change in one transaction.
library_documents = Table(
    "library_documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("published", String(32), nullable=False),
    Column("versions", Integer, nullable=False),
)

library_versions = Table(
    "library_versions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "library_id", ForeignKey("library_documents.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("document", Text, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    Column("pages", LargeBinary, nullable=False),
    Column("page_count", Integer, nullable=False),
)  # fmt: skip

library_tasks = Table(
    "library_tasks",
    metadata,
    Column("version_id", ForeignKey("library_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, index=True),
    Column("worker", String(32), nullable=False),
    Column("claimed_until", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("at", Text, nullable=False),
)


# On WeChat: who a person is stands nowhere, only a keyed hash; see store/wechat.py.
wechat_jobs = Table(
    "wechat_jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("person", String(64), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("question", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("refers", String(64), nullable=False),
    Column("part", Integer, nullable=False),
    Column("worker", String(32), nullable=False),
    Column("claimed_until", Float, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("hinted", Boolean, nullable=False),
    Column("parts", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("response_url", Text, nullable=False),
    Index("wechat_jobs_by_person", "person", "created_at"),
    Index("wechat_jobs_undone", "done", "claimed_until"),
)

wechat_conversations = Table(
    "wechat_conversations",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("person", String(64), nullable=False, index=True),
)

wechat_signatures = Table(
    "wechat_signatures",
    metadata,
    Column("signature", String(64), primary_key=True),
    Column("message", String(64), nullable=False),
    Column("seen_at", Float, nullable=False, index=True),
)
