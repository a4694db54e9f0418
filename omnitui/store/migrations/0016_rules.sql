-- Rules: what happened and was not looked at yet, what waits for a time, what fired, and how each rule stands.

CREATE TABLE rule_state (
    name TEXT NOT NULL,
    since_at INTEGER,
    since_pk INTEGER DEFAULT 0 NOT NULL,
    cut_at INTEGER,
    cut_why TEXT DEFAULT '' NOT NULL,
    failed_at INTEGER,
    failed_why TEXT DEFAULT '' NOT NULL,
    times TEXT DEFAULT '' NOT NULL,
    next_at INTEGER,
    reached INTEGER DEFAULT 0 NOT NULL,
    tried_at INTEGER,
    tried_digest TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_rule_state PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE rule_event (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER DEFAULT 0 NOT NULL,
    what TEXT NOT NULL,
    conversation_pk INTEGER NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    was TEXT DEFAULT '' NOT NULL,
    message_pk INTEGER,
    firing_pk INTEGER,
    asked TEXT DEFAULT '' NOT NULL,
    CONSTRAINT fk_rule_event_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

CREATE TABLE rule_firing (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    conversation_pk INTEGER NOT NULL,
    at INTEGER DEFAULT 0 NOT NULL,
    fired_at INTEGER DEFAULT 0 NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    replied INTEGER DEFAULT 0 NOT NULL,
    firing_pk INTEGER,
    CONSTRAINT pk_rule_firing PRIMARY KEY (pk),
    CONSTRAINT uq_rule_firing_id UNIQUE (id),
    CONSTRAINT fk_rule_firing_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

CREATE INDEX ix_rule_firing_conversation ON rule_firing (conversation_pk, name, at);

CREATE INDEX ix_rule_firing_name ON rule_firing (name, pk);

CREATE TABLE rule_timer (
    name TEXT NOT NULL,
    clock TEXT NOT NULL,
    conversation_pk INTEGER NOT NULL,
    due_at INTEGER DEFAULT 0 NOT NULL,
    at INTEGER DEFAULT 0 NOT NULL,
    what TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    was TEXT DEFAULT '' NOT NULL,
    message_pk INTEGER,
    firing_pk INTEGER,
    CONSTRAINT pk_rule_timer PRIMARY KEY (name, clock, conversation_pk),
    CONSTRAINT fk_rule_timer_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
) WITHOUT ROWID;

CREATE INDEX ix_rule_timer_conversation ON rule_timer (conversation_pk);

CREATE INDEX ix_rule_timer_due ON rule_timer (due_at);
