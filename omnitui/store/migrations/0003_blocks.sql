-- Search reads the blocks newest first, and mostly only a few of them.
CREATE INDEX ix_message_block_newest ON message_block (newest, block);
