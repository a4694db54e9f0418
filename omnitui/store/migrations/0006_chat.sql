-- What chat channels know: the message that another one answers (the back end's id of it), and who reacted to it.

ALTER TABLE message ADD COLUMN answers TEXT DEFAULT '' NOT NULL;

ALTER TABLE message ADD COLUMN reactions TEXT DEFAULT '[]' NOT NULL;

-- What may be sent outside a reply window.
ALTER TABLE account ADD COLUMN templates TEXT DEFAULT '[]' NOT NULL;
