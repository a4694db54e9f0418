-- What became of the calls that messages tell of: missed, voicemail, answered.

CREATE TABLE call_end (
    message_pk INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_call_end PRIMARY KEY (message_pk),
    CONSTRAINT fk_call_end_message_pk FOREIGN KEY(message_pk) REFERENCES message (pk)
);
