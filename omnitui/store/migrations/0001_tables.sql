CREATE TABLE account (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT DEFAULT '{}' NOT NULL,
    secret_ref TEXT DEFAULT '' NOT NULL,
    hold INTEGER DEFAULT 8000 NOT NULL,
    paused INTEGER DEFAULT 0 NOT NULL,
    created_at INTEGER DEFAULT 0 NOT NULL,
    capabilities TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (pk),
    CONSTRAINT uq_account_id UNIQUE (id)
);

CREATE UNIQUE INDEX uq_account_name_live ON account (name) WHERE deleted_at IS NULL;

CREATE TABLE agent (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    name TEXT DEFAULT '' NOT NULL,
    addresses TEXT DEFAULT '[]' NOT NULL,
    me INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_agent PRIMARY KEY (pk),
    CONSTRAINT uq_agent_id UNIQUE (id)
);

CREATE TABLE change (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    revision INTEGER DEFAULT 0 NOT NULL
);

CREATE TABLE counter (
    "view" TEXT NOT NULL,
    n INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_counter PRIMARY KEY ("view")
)
 WITHOUT ROWID;

CREATE TABLE message_block (
    block INTEGER NOT NULL,
    newest INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_message_block PRIMARY KEY (block)
);

CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY (name)
)
 WITHOUT ROWID;

CREATE TABLE organization (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    name TEXT NOT NULL,
    domain TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_organization PRIMARY KEY (pk),
    CONSTRAINT uq_organization_id UNIQUE (id)
);

CREATE INDEX ix_organization_name ON organization (name);

CREATE TABLE replica (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_replica PRIMARY KEY (pk),
    CONSTRAINT uq_replica_id UNIQUE (id)
);

CREATE TABLE contact (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    name TEXT DEFAULT '' NOT NULL,
    organization_pk INTEGER,
    segment TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    time_zone TEXT DEFAULT '' NOT NULL,
    about TEXT DEFAULT '' NOT NULL,
    fields TEXT DEFAULT '{}' NOT NULL,
    created_at INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_contact PRIMARY KEY (pk),
    CONSTRAINT uq_contact_id UNIQUE (id),
    CONSTRAINT fk_contact_organization_pk FOREIGN KEY(organization_pk) REFERENCES organization (pk)
);

CREATE INDEX ix_contact_organization ON contact (organization_pk) WHERE organization_pk IS NOT NULL;

CREATE TABLE cursor (
    account_pk INTEGER NOT NULL,
    scope TEXT NOT NULL,
    value TEXT DEFAULT 'null' NOT NULL,
    CONSTRAINT pk_cursor PRIMARY KEY (account_pk, scope),
    CONSTRAINT fk_cursor_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk)
)
 WITHOUT ROWID;

CREATE TABLE inbox (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    account_pk INTEGER NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (pk),
    CONSTRAINT uq_inbox_account_pk_channel_address UNIQUE (account_pk, channel, address),
    CONSTRAINT uq_inbox_id UNIQUE (id),
    CONSTRAINT fk_inbox_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk)
);

CREATE TABLE ledger (
    account_pk INTEGER NOT NULL,
    scope TEXT NOT NULL,
    health TEXT DEFAULT 'new' NOT NULL,
    last_sync_at INTEGER,
    retry_at INTEGER,
    error TEXT DEFAULT '' NOT NULL,
    remote_count INTEGER,
    cached_count INTEGER DEFAULT 0 NOT NULL,
    complete_since INTEGER,
    unparsed INTEGER DEFAULT 0 NOT NULL,
    budget TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_ledger PRIMARY KEY (account_pk, scope),
    CONSTRAINT fk_ledger_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk)
)
 WITHOUT ROWID;

CREATE TABLE parked (
    account_pk INTEGER NOT NULL,
    awaits TEXT NOT NULL,
    digest TEXT NOT NULL,
    event TEXT DEFAULT '' NOT NULL,
    parked_at INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_parked PRIMARY KEY (account_pk, awaits, digest),
    CONSTRAINT fk_parked_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk)
)
 WITHOUT ROWID;

CREATE TABLE conversation (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    account_pk INTEGER NOT NULL,
    inbox_pk INTEGER NOT NULL,
    contact_pk INTEGER NOT NULL,
    channel TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    priority INTEGER DEFAULT 1 NOT NULL,
    assignee_pk INTEGER,
    spam INTEGER DEFAULT 0 NOT NULL,
    merged INTEGER DEFAULT 0 NOT NULL,
    muted INTEGER DEFAULT 0 NOT NULL,
    snoozed_until INTEGER,
    unread INTEGER DEFAULT 0 NOT NULL,
    snippet TEXT DEFAULT '' NOT NULL,
    last_message_pk INTEGER,
    last_message_at INTEGER DEFAULT 0 NOT NULL,
    last_activity_at INTEGER DEFAULT 0 NOT NULL,
    last_incoming_at INTEGER,
    answered_at INTEGER,
    unanswered_since INTEGER,
    window_closes_at INTEGER,
    send_state TEXT,
    has_draft INTEGER DEFAULT 0 NOT NULL,
    external_id TEXT DEFAULT '' NOT NULL,
    vendor_status TEXT DEFAULT '' NOT NULL,
    csat INTEGER,
    csat_raw TEXT DEFAULT '' NOT NULL,
    csat_comment TEXT DEFAULT '' NOT NULL,
    csat_at INTEGER,
    may_belong_to_pk INTEGER,
    read_by_contact_at INTEGER,
    created_at INTEGER DEFAULT 0 NOT NULL,
    tail TEXT GENERATED ALWAYS AS (substr(id, -6)) VIRTUAL,
    is_shown INTEGER GENERATED ALWAYS AS (NOT spam AND NOT merged AND deleted_at IS NULL) VIRTUAL,
    is_open INTEGER GENERATED ALWAYS AS (status = 'open' AND is_shown) VIRTUAL,
    is_unassigned INTEGER GENERATED ALWAYS AS (assignee_pk IS NULL AND is_open) VIRTUAL,
    is_unread INTEGER GENERATED ALWAYS AS (unread > 0 AND is_shown) VIRTUAL,
    is_waiting INTEGER GENERATED ALWAYS AS (status = 'waiting' AND is_shown) VIRTUAL,
    is_snoozed INTEGER GENERATED ALWAYS AS (status = 'snoozed' AND is_shown) VIRTUAL,
    is_resolved INTEGER GENERATED ALWAYS AS (status = 'resolved' AND is_shown) VIRTUAL,
    is_failed INTEGER GENERATED ALWAYS AS (coalesce(send_state IN ('failed', 'unknown', 'blocked'), 0) AND is_shown) VIRTUAL,
    is_draft INTEGER GENERATED ALWAYS AS (has_draft AND is_shown) VIRTUAL,
    is_spam INTEGER GENERATED ALWAYS AS (spam AND deleted_at IS NULL) VIRTUAL,
    CONSTRAINT pk_conversation PRIMARY KEY (pk),
    CONSTRAINT uq_conversation_id UNIQUE (id),
    CONSTRAINT fk_conversation_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk),
    CONSTRAINT fk_conversation_inbox_pk FOREIGN KEY(inbox_pk) REFERENCES inbox (pk),
    CONSTRAINT fk_conversation_contact_pk FOREIGN KEY(contact_pk) REFERENCES contact (pk),
    CONSTRAINT fk_conversation_assignee_pk FOREIGN KEY(assignee_pk) REFERENCES agent (pk),
    CONSTRAINT fk_conversation_may_belong_to_pk FOREIGN KEY(may_belong_to_pk) REFERENCES conversation (pk)
);

CREATE INDEX ix_conversation_assignee ON conversation (assignee_pk, last_activity_at, id) WHERE assignee_pk IS NOT NULL;

CREATE INDEX ix_conversation_contact ON conversation (contact_pk, last_activity_at);

CREATE INDEX ix_conversation_draft ON conversation (last_activity_at, id) WHERE is_draft = 1;

CREATE INDEX ix_conversation_due ON conversation (snoozed_until) WHERE is_snoozed = 1;

CREATE INDEX ix_conversation_failed ON conversation (last_activity_at, id) WHERE is_failed = 1;

CREATE INDEX ix_conversation_open ON conversation (last_activity_at, id) WHERE is_open = 1;

CREATE INDEX ix_conversation_resolved ON conversation (last_activity_at, id) WHERE is_resolved = 1;

CREATE INDEX ix_conversation_shown ON conversation (last_activity_at, id) WHERE is_shown = 1;

CREATE INDEX ix_conversation_snoozed ON conversation (last_activity_at, id) WHERE is_snoozed = 1;

CREATE INDEX ix_conversation_spam ON conversation (last_activity_at, id) WHERE is_spam = 1;

CREATE INDEX ix_conversation_tail ON conversation (tail);

CREATE INDEX ix_conversation_unread ON conversation (last_activity_at, id) WHERE is_unread = 1;

CREATE INDEX ix_conversation_waiting ON conversation (last_activity_at, id) WHERE is_waiting = 1;

CREATE UNIQUE INDEX uq_conversation_external ON conversation (account_pk, external_id) WHERE external_id <> '';

CREATE TABLE identity (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    contact_pk INTEGER NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    scope TEXT DEFAULT '' NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    verified INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_identity PRIMARY KEY (pk),
    CONSTRAINT uq_identity_channel_address_scope UNIQUE (channel, address, scope),
    CONSTRAINT uq_identity_id UNIQUE (id),
    CONSTRAINT fk_identity_contact_pk FOREIGN KEY(contact_pk) REFERENCES contact (pk)
);

CREATE INDEX ix_identity_contact ON identity (contact_pk);

CREATE TABLE link (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    contact_pk INTEGER NOT NULL,
    other_pk INTEGER NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    author_pk INTEGER NOT NULL,
    created_at INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_link PRIMARY KEY (pk),
    CONSTRAINT uq_link_id UNIQUE (id),
    CONSTRAINT fk_link_contact_pk FOREIGN KEY(contact_pk) REFERENCES contact (pk),
    CONSTRAINT fk_link_other_pk FOREIGN KEY(other_pk) REFERENCES contact (pk),
    CONSTRAINT fk_link_author_pk FOREIGN KEY(author_pk) REFERENCES agent (pk)
);

CREATE INDEX ix_link_contact ON link (contact_pk) WHERE deleted_at IS NULL;

CREATE INDEX ix_link_other ON link (other_pk) WHERE deleted_at IS NULL;

CREATE TABLE draft (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    conversation_pk INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    attachments TEXT DEFAULT '[]' NOT NULL,
    seen_message_id TEXT,
    updated_at INTEGER DEFAULT 0 NOT NULL,
    extra TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (pk),
    CONSTRAINT uq_draft_id UNIQUE (id),
    CONSTRAINT fk_draft_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

CREATE UNIQUE INDEX uq_draft_live ON draft (conversation_pk, kind) WHERE deleted_at IS NULL;

CREATE TABLE label_use (
    label TEXT NOT NULL,
    conversation_pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    CONSTRAINT pk_label_use PRIMARY KEY (label, conversation_pk),
    CONSTRAINT uq_label_use_id UNIQUE (id),
    CONSTRAINT fk_label_use_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
)
 WITHOUT ROWID;

CREATE INDEX ix_label_use_conversation ON label_use (conversation_pk, label);

CREATE TABLE message (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    account_pk INTEGER NOT NULL,
    conversation_pk INTEGER NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT,
    state_at INTEGER,
    author TEXT DEFAULT '' NOT NULL,
    contact_pk INTEGER,
    agent_pk INTEGER,
    sent_at INTEGER DEFAULT 0 NOT NULL,
    received_at INTEGER DEFAULT 0 NOT NULL,
    external_id TEXT DEFAULT '' NOT NULL,
    remote_revision INTEGER DEFAULT 1 NOT NULL,
    seen INTEGER DEFAULT 0 NOT NULL,
    html INTEGER DEFAULT 0 NOT NULL,
    edited INTEGER DEFAULT 0 NOT NULL,
    auto INTEGER DEFAULT 0 NOT NULL,
    files INTEGER DEFAULT 0 NOT NULL,
    op_id TEXT,
    subject TEXT DEFAULT '' NOT NULL,
    addressees TEXT DEFAULT '[]' NOT NULL,
    copied TEXT DEFAULT '[]' NOT NULL,
    raw TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    placement TEXT DEFAULT '' NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    quoted TEXT DEFAULT '' NOT NULL,
    signature TEXT DEFAULT '' NOT NULL,
    role INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NOT NULL OR kind = 'activity' OR coalesce(state, '') = 'canceled' THEN 0 WHEN auto OR kind NOT IN ('public', 'template') THEN 3 WHEN direction = 'incoming' THEN 1 WHEN coalesce(state, '') IN ('draft', 'failed', 'blocked', 'unknown') THEN 3 ELSE 2 END) VIRTUAL,
    unsettled INTEGER GENERATED ALWAYS AS (deleted_at IS NULL AND coalesce(state, '') IN ('held', 'queued', 'sending', 'deferred', 'failed', 'blocked', 'unknown')) VIRTUAL,
    is_unread INTEGER GENERATED ALWAYS AS (direction = 'incoming' AND NOT seen AND role > 0) VIRTUAL,
    CONSTRAINT pk_message PRIMARY KEY (pk),
    CONSTRAINT uq_message_id UNIQUE (id),
    CONSTRAINT fk_message_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk),
    CONSTRAINT fk_message_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk),
    CONSTRAINT fk_message_contact_pk FOREIGN KEY(contact_pk) REFERENCES contact (pk),
    CONSTRAINT fk_message_agent_pk FOREIGN KEY(agent_pk) REFERENCES agent (pk)
);

CREATE INDEX ix_message_conversation ON message (conversation_pk, received_at, id);

CREATE INDEX ix_message_op ON message (op_id) WHERE op_id IS NOT NULL;

CREATE INDEX ix_message_received ON message (received_at);

CREATE INDEX ix_message_unread ON message (conversation_pk) WHERE is_unread = 1;

CREATE INDEX ix_message_unsettled ON message (conversation_pk, received_at, id) WHERE unsettled = 1;

CREATE UNIQUE INDEX uq_message_external ON message (account_pk, external_id) WHERE external_id <> '';

CREATE TABLE op (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    group_id TEXT NOT NULL,
    at INTEGER DEFAULT 0 NOT NULL,
    author_pk INTEGER NOT NULL,
    verb TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    account_pk INTEGER,
    conversation_pk INTEGER,
    base_revision INTEGER DEFAULT 0 NOT NULL,
    reach TEXT DEFAULT 'local' NOT NULL,
    undoes TEXT,
    redoes TEXT,
    payload_digest TEXT DEFAULT '' NOT NULL,
    digest TEXT DEFAULT '' NOT NULL,
    tail TEXT GENERATED ALWAYS AS (substr(id, -6)) VIRTUAL,
    CONSTRAINT pk_op PRIMARY KEY (pk),
    CONSTRAINT uq_op_id UNIQUE (id),
    CONSTRAINT fk_op_author_pk FOREIGN KEY(author_pk) REFERENCES agent (pk),
    CONSTRAINT fk_op_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk),
    CONSTRAINT fk_op_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

CREATE INDEX ix_op_conversation ON op (conversation_pk, pk) WHERE conversation_pk IS NOT NULL;

CREATE INDEX ix_op_group ON op (group_id);

CREATE INDEX ix_op_object ON op (object_id);

CREATE INDEX ix_op_redoes ON op (redoes) WHERE redoes IS NOT NULL;

CREATE INDEX ix_op_tail ON op (tail);

CREATE INDEX ix_op_undoes ON op (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE remote_change (
    conversation_pk INTEGER NOT NULL,
    field TEXT NOT NULL,
    at INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_remote_change PRIMARY KEY (conversation_pk, field),
    CONSTRAINT fk_remote_change_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
)
 WITHOUT ROWID;

CREATE TABLE attachment (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    message_pk INTEGER NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    media_type TEXT DEFAULT '' NOT NULL,
    size INTEGER DEFAULT 0 NOT NULL,
    sha256 TEXT DEFAULT '' NOT NULL,
    inline INTEGER DEFAULT 0 NOT NULL,
    content_id TEXT DEFAULT '' NOT NULL,
    remote TEXT DEFAULT 'null' NOT NULL,
    CONSTRAINT pk_attachment PRIMARY KEY (pk),
    CONSTRAINT uq_attachment_id UNIQUE (id),
    CONSTRAINT fk_attachment_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
);

CREATE INDEX ix_attachment_message ON attachment (message_pk);

CREATE INDEX ix_attachment_sha256 ON attachment (sha256) WHERE sha256 <> '';

CREATE TABLE mail (
    message_pk INTEGER NOT NULL,
    rfc_id TEXT DEFAULT '' NOT NULL,
    in_reply_to TEXT DEFAULT '' NOT NULL,
    refs TEXT DEFAULT '[]' NOT NULL,
    participants TEXT DEFAULT '[]' NOT NULL,
    sender TEXT DEFAULT '' NOT NULL,
    reply_to TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_mail PRIMARY KEY (message_pk),
    CONSTRAINT fk_mail_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
);

CREATE INDEX ix_mail_rfc_id ON mail (rfc_id);

CREATE TABLE mail_location (
    account_pk INTEGER NOT NULL,
    folder TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message_pk INTEGER NOT NULL,
    seen INTEGER DEFAULT 0 NOT NULL,
    flagged INTEGER DEFAULT 0 NOT NULL,
    keywords TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_mail_location PRIMARY KEY (account_pk, folder, uidvalidity, uid),
    CONSTRAINT fk_mail_location_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk),
    CONSTRAINT fk_mail_location_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
)
 WITHOUT ROWID;

CREATE INDEX ix_mail_location_message ON mail_location (message_pk);

CREATE TABLE mail_reference (
    rfc_id TEXT NOT NULL,
    message_pk INTEGER NOT NULL,
    CONSTRAINT pk_mail_reference PRIMARY KEY (rfc_id, message_pk),
    CONSTRAINT fk_mail_reference_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
)
 WITHOUT ROWID;

CREATE TABLE message_revision (
    message_pk INTEGER NOT NULL,
    remote_revision INTEGER NOT NULL,
    replaced_at INTEGER DEFAULT 0 NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    quoted TEXT DEFAULT '' NOT NULL,
    signature TEXT DEFAULT '' NOT NULL,
    html INTEGER DEFAULT 0 NOT NULL,
    raw TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_message_revision PRIMARY KEY (message_pk, remote_revision),
    CONSTRAINT fk_message_revision_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
)
 WITHOUT ROWID;

CREATE TABLE op_payload (
    op_pk INTEGER NOT NULL,
    "before" TEXT DEFAULT '{}' NOT NULL,
    "after" TEXT DEFAULT '{}' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    erased_at INTEGER,
    CONSTRAINT pk_op_payload PRIMARY KEY (op_pk),
    CONSTRAINT fk_op_payload_op_pk FOREIGN KEY(op_pk) REFERENCES op (pk)
);

CREATE TABLE outbox (
    op_pk INTEGER NOT NULL,
    account_pk INTEGER NOT NULL,
    conversation_pk INTEGER,
    verb TEXT NOT NULL,
    state TEXT NOT NULL,
    state_at INTEGER DEFAULT 0 NOT NULL,
    idempotency_key TEXT NOT NULL,
    due_at INTEGER DEFAULT 0 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    marked INTEGER DEFAULT 0 NOT NULL,
    message_pk INTEGER,
    external_id TEXT DEFAULT '' NOT NULL,
    outcomes TEXT DEFAULT '{}' NOT NULL,
    payload TEXT DEFAULT '{}' NOT NULL,
    waiting INTEGER GENERATED ALWAYS AS (state IN ('held', 'queued', 'deferred')) VIRTUAL,
    ahead INTEGER GENERATED ALWAYS AS (state IN ('held', 'queued', 'deferred', 'sending', 'blocked', 'unknown')) VIRTUAL,
    CONSTRAINT pk_outbox PRIMARY KEY (op_pk),
    CONSTRAINT uq_outbox_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT fk_outbox_op_pk FOREIGN KEY(op_pk) REFERENCES op (pk),
    CONSTRAINT fk_outbox_account_pk FOREIGN KEY(account_pk) REFERENCES account (pk),
    CONSTRAINT fk_outbox_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk),
    CONSTRAINT fk_outbox_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
);

CREATE INDEX ix_outbox_due ON outbox (due_at) WHERE waiting = 1;

CREATE INDEX ix_outbox_failed ON outbox (op_pk) WHERE state = 'failed';

CREATE INDEX ix_outbox_line ON outbox (conversation_pk, op_pk) WHERE ahead = 1;

CREATE INDEX ix_outbox_message ON outbox (message_pk) WHERE message_pk IS NOT NULL;

CREATE INDEX ix_outbox_state ON outbox (state, op_pk) WHERE ahead = 1;

CREATE TABLE unindexed (
    message_pk INTEGER NOT NULL,
    CONSTRAINT pk_unindexed PRIMARY KEY (message_pk),
    CONSTRAINT fk_unindexed_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
);

