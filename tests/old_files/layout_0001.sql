-- A database as the first version of the layout kept it. Never edit: it stands
-- for the databases that are out there.
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE conversations (id VARCHAR(40) NOT NULL, owner VARCHAR(64) NOT NULL, title TEXT NOT NULL, created DOUBLE NOT NULL, changed DOUBLE NOT NULL, leaf VARCHAR(40), PRIMARY KEY (id));
CREATE INDEX conversations_of_owner ON conversations (owner, changed);
CREATE TABLE messages (id VARCHAR(40) NOT NULL, conversation VARCHAR(40) NOT NULL, parent VARCHAR(40), role VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL, text TEXT DEFAULT '' NOT NULL, model TEXT DEFAULT '' NOT NULL, asked DOUBLE NOT NULL, first_text DOUBLE, ended DOUBLE, characters INTEGER DEFAULT '0' NOT NULL, error_kind VARCHAR(40) DEFAULT '' NOT NULL, error_words TEXT DEFAULT '' NOT NULL, error_link TEXT DEFAULT '' NOT NULL, heartbeat DOUBLE, writer VARCHAR(40), stop_asked BOOLEAN DEFAULT 0 NOT NULL, PRIMARY KEY (id), FOREIGN KEY(conversation) REFERENCES conversations (id) ON DELETE CASCADE, FOREIGN KEY(parent) REFERENCES messages (id) ON DELETE CASCADE);
CREATE INDEX messages_of_conversation ON messages (conversation);
CREATE INDEX messages_of_parent ON messages (parent);
CREATE TABLE pieces (message VARCHAR(40) NOT NULL, start INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (message, start), FOREIGN KEY(message) REFERENCES messages (id) ON DELETE CASCADE);
INSERT INTO conversations VALUES ('c1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'Привет?', 1795000000.5, 1795000009.5, 'm2');
INSERT INTO messages VALUES ('m1', 'c1', NULL, 'user', 'done', 'Привет?', '', 1795000000.5, NULL, NULL, 7, '', '', '', NULL, NULL, 0);
INSERT INTO messages VALUES ('m2', 'c1', 'm1', 'assistant', 'failed', 'Здравств', 'gpt-4', 1795000000.5, 1795000001.5, 1795000009.5, 8, 'AnswerCut', 'It broke off.', '', 1795000009.0, 'w1', 0);
