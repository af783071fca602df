-- Who may do what in ClickHouse, of the database that `chokepoint migrate` has made. `chokepoint clickhouse-access` prints this for the app's database;
-- docs/clickhouse-access.md says how to apply it. Everything here may run again, and has to after an upgrade: a new view comes with its lines here.

-- Views run as this user, so that whoever may read a view needs no right on the rows behind it. Nobody logs in as it: it has no host, and the text of its password is not known.
CREATE USER IF NOT EXISTS `chokepoint_views` IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE;
GRANT SELECT ON `chokepoint`.* TO `chokepoint_views`;
ALTER TABLE `chokepoint`.`events` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`signals` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`users` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`features` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`expertise_models` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`expertise_levels` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`expertise_current` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`expertise_history` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`level_transitions` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`journeys` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`bottlenecks` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`findings` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`watch_list` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`challenges` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`challenges_current` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`challenge_actions` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`challenge_states` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`challenge_precision` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`stage_health` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;
ALTER TABLE `chokepoint`.`dead_letters` MODIFY SQL SECURITY DEFINER DEFINER = `chokepoint_views`;

-- Every view, with user ids in them.
CREATE ROLE IF NOT EXISTS `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`events` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`signals` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`users` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`features` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`expertise_models` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`expertise_levels` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`expertise_current` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`expertise_history` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`level_transitions` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`journeys` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`bottlenecks` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`findings` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`watch_list` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`challenges` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`challenges_current` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`challenge_actions` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`challenge_states` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`challenge_precision` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`stage_health` TO `chokepoint_every_view`;
GRANT SELECT ON `chokepoint`.`dead_letters` TO `chokepoint_every_view`;

-- The limits of people. readonly = 2: settings may be changed, as Grafana and Superset do, but within these bounds only; 0, which would be no limit, is outside of them. Seconds, bytes, rows; ours.
CREATE SETTINGS PROFILE IF NOT EXISTS `chokepoint_people`;
ALTER SETTINGS PROFILE `chokepoint_people` SETTINGS readonly = 2, max_execution_time = 60 MIN 1 MAX 300, max_memory_usage = 4000000000 MIN 1 MAX 8000000000, max_rows_to_read = 1000000000 MIN 1 MAX 1000000000, max_result_rows = 1000000 MIN 1 MAX 10000000, max_concurrent_queries_for_user = 8 CONST;

-- Analysts ask every view.
CREATE ROLE IF NOT EXISTS `chokepoint_analyst` SETTINGS PROFILE `chokepoint_people`;
GRANT `chokepoint_every_view` TO `chokepoint_analyst`;

-- Readers ask what names no user of the platform. Its counts may be of few: docs/for-the-data-team.md says what to leave out where they are shown.
CREATE ROLE IF NOT EXISTS `chokepoint_reader` SETTINGS PROFILE `chokepoint_people`;
GRANT SELECT ON `chokepoint`.`features` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`expertise_models` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`findings` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`watch_list` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`challenges` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`challenges_current` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`challenge_states` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`challenge_precision` TO `chokepoint_reader`;
GRANT SELECT ON `chokepoint`.`stage_health` TO `chokepoint_reader`;

-- What each of them may use up in an hour; ours.
CREATE QUOTA IF NOT EXISTS `chokepoint_hour` KEYED BY user_name;
ALTER QUOTA `chokepoint_hour` FOR INTERVAL 1 hour MAX queries = 2000, execution_time = 3600, read_rows = 50000000000, result_rows = 100000000 TO `chokepoint_analyst`, `chokepoint_reader`;

-- The page: every view, how many events there are and how new they are, and when the canary was seen. Its own process bounds what it asks.
CREATE USER IF NOT EXISTS `chokepoint_dashboard` IDENTIFIED WITH sha256_hash BY 'SHA-256 OF THE PASSWORD OF chokepoint_dashboard';
GRANT `chokepoint_every_view` TO `chokepoint_dashboard`;
GRANT SELECT(occurred_at, received_at) ON `chokepoint`.`events_raw` TO `chokepoint_dashboard`;
GRANT SELECT(occurred_at, feature) ON `chokepoint`.`signals_raw` TO `chokepoint_dashboard`;

-- The sink: looks which migrations were applied, inserts, and deletes what is of the erased.
CREATE USER IF NOT EXISTS `chokepoint_sink` IDENTIFIED WITH sha256_hash BY 'SHA-256 OF THE PASSWORD OF chokepoint_sink';
GRANT SELECT ON `chokepoint`.`migrations` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`events_raw` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`signals_raw` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`users_raw` TO `chokepoint_sink`;
GRANT INSERT ON `chokepoint`.`features_raw` TO `chokepoint_sink`;
GRANT INSERT ON `chokepoint`.`expertise_models_raw` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`expertise_levels_raw` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`bottlenecks_raw` TO `chokepoint_sink`;
GRANT INSERT ON `chokepoint`.`findings_raw` TO `chokepoint_sink`;
GRANT INSERT ON `chokepoint`.`challenges_raw` TO `chokepoint_sink`;
GRANT INSERT ON `chokepoint`.`challenge_actions_raw` TO `chokepoint_sink`;
GRANT SELECT, INSERT, ALTER DELETE ON `chokepoint`.`dead_letters_raw` TO `chokepoint_sink`;

-- Operators' commands (evidence, watch-list, dead-letters, erase-user --verify): everything, to look at.
CREATE ROLE IF NOT EXISTS `chokepoint_operator`;
GRANT SELECT ON `chokepoint`.* TO `chokepoint_operator`;
