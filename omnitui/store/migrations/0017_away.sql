-- Until when an agent is away, as ops set it; and what sleeps until its incident ends says so by a time that never comes.

ALTER TABLE agent ADD COLUMN away_until INTEGER;

UPDATE agent SET away_until = (
    SELECT value FROM json_each((SELECT value FROM meta WHERE name = 'away')) WHERE key = agent.id
);

DELETE FROM meta WHERE name = 'away';

UPDATE conversation SET snoozed_until = 10000000000000
WHERE status = 'snoozed' AND snoozed_until IS NULL
    AND incident_pk IN (SELECT pk FROM incident WHERE goes_on = 1);
